import {
  chmodSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { AnswerLine } from './ask.js';
import { isFinal } from './ask.js';

/**
 * The answers of one run, kept as they come in `<out>.partial` and written in the order of the
 * questions to `<out>` at the end; both with mode 0600. What an earlier run left in either is taken
 * up, as far as it is final.
 */
export class AnswerFile {
  private readonly answers = new Map<string, AnswerLine>();
  private readonly partialPath: string;
  private descriptor: number;

  constructor(private readonly path: string) {
    this.partialPath = `${path}.partial`;
    for (const earlier of [path, this.partialPath]) this.takeUp(earlier);
    this.descriptor = openSync(this.partialPath, 'a', 0o600);
    chmodSync(this.partialPath, 0o600);
    // A line torn by a crash must not run into the next one.
    writeSync(this.descriptor, '\n');
  }

  /** A final answer of this or an earlier run. */
  get(id: string): AnswerLine | undefined {
    return this.answers.get(id);
  }

  add(answer: AnswerLine): void {
    this.answers.set(answer.id, answer);
    writeSync(this.descriptor, `${JSON.stringify(answer)}\n`);
  }

  /** Makes what was added survive a power cut. */
  sync(): void {
    fdatasyncSync(this.descriptor);
  }

  /** Writes the answers in the order given, whole or not at all. */
  finish(ids: readonly string[]): void {
    const written = `${this.path}.new`;
    const descriptor = openSync(written, 'w', 0o600);
    for (const id of ids) {
      const answer = this.answers.get(id);
      if (answer !== undefined) writeSync(descriptor, `${JSON.stringify(answer)}\n`);
    }
    fdatasyncSync(descriptor);
    closeSync(descriptor);
    renameSync(written, this.path);
    this.close();
    rmSync(this.partialPath, { force: true });
  }

  close(): void {
    if (this.descriptor !== -1) closeSync(this.descriptor);
    this.descriptor = -1;
  }

  private takeUp(path: string): void {
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const answer = readAnswer(line);
      if (answer !== undefined && isFinal(answer)) this.answers.set(answer.id, answer);
    }
  }
}

function readAnswer(line: string): AnswerLine | undefined {
  try {
    const answer = JSON.parse(line) as Partial<AnswerLine> | null;
    if (typeof answer?.id !== 'string') return undefined;
    return 'outcome' in answer || 'error' in answer ? (answer as AnswerLine) : undefined;
  } catch {
    return undefined;
  }
}
