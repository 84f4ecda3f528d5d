/** Text inside a cell or line of Markdown: it can begin no row, cell, tag or emphasis of its own. */
export const inLine = (text: string): string =>
  text.replace(/[\p{Cc}\s]+/gu, ' ').replace(/[\\`*_{}[\]<>#|]/g, '\\$&');

/** A table (GitHub Flavored Markdown §4.10); cells are taken as they are. */
export const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heading, heading.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

/** Parts under each other with an empty line between. */
export const page = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`;
