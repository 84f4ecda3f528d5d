import {
  chmodSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import type { AnswerLine } from './ask.js';

/**
 * The answers of one run, kept as they come in `<out>.partial` and written in the order of the
 * questions to `<out>` at the end; both with mode 0600. An answer an earlier run left in either is
 * taken up when it is to the very request that would be asked again: an id alone says nothing, files
 * of questions number theirs alike. A file that holds anything else is left as it is.
 */
export class AnswerFile {
  private readonly answers = new Map<string, AnswerLine>();
  private readonly partialPath: string;
  private descriptor: number;

  /**
   * @param questionsPath the file asked from, never written to
   * @param requests the request each question id would be asked under
   * @throws {GatewayError} ERR_CONFIGURATION
   */
  constructor(
    private readonly path: string,
    questionsPath: string,
    private readonly requests: ReadonlyMap<string, string>,
  ) {
    this.partialPath = `${path}.partial`;
    for (const written of [path, this.partialPath]) {
      refuseOthers(written, questionsPath);
      this.takeUp(written);
    }
    this.descriptor = openSync(this.partialPath, 'a', 0o600);
    chmodSync(this.partialPath, 0o600);
    // A line torn by a crash must not run into the next one.
    writeSync(this.descriptor, '\n');
  }

  /** An answer of this or an earlier run. */
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
    rmSync(written, { force: true });
    const descriptor = openSync(written, 'wx', 0o600);
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
    const lines = readFileSync(path, 'utf8').split('\n');
    for (const [at, line] of lines.entries()) {
      if (line === '') continue;
      const answer = readAnswer(line);
      // The last line may have been torn.
      if (answer === undefined && at < lines.length - 1 && !path.endsWith('.partial')) {
        throw refused(`${path} holds something that is no answer and stays as it is`);
      }
      if (answer === undefined || 'error' in answer) continue;
      if (this.requests.get(answer.id) === answer.requestId) this.answers.set(answer.id, answer);
    }
  }
}

function refuseOthers(path: string, questionsPath: string): void {
  if (!existsSync(path)) return;
  if (!lstatSync(path).isFile()) throw refused(`${path} is not a plain file`);
  if (realpathSync(path) === realpathSync(questionsPath)) {
    throw refused('--out names the file of questions');
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

const refused = (detail: string) => new GatewayError('ERR_CONFIGURATION', { detail });
