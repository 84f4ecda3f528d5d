/**
 * Officers as one document names them: by a number within their agency, in the order they first come.
 * Nothing outside the document knows the number, and two documents do not share them.
 */
export class Officers {
  readonly #numbers = new Map<string, Map<string, number>>();

  /** @param officer the agency's opaque name, which is not in the pseudonym */
  pseudonymOf(agency: string, officer: string): string {
    const known = this.#numbers.get(agency) ?? new Map<string, number>();
    this.#numbers.set(agency, known);
    const number = known.get(officer) ?? known.size + 1;
    known.set(officer, number);
    return `officer ${number}`;
  }
}
