import { inputInvalid } from '../../core/errors.js';

/**
 * JSON (RFC 8259) read strictly: what two readers could understand differently is refused.
 *
 * Refused besides what the grammar refuses: duplicate members (RFC 8259 §4 leaves them open), bytes
 * that are not UTF-8, a byte order mark, lone surrogates, nesting deeper than 32, numbers that are
 * not finite, and the member name `__proto__`.
 */
const deepest = 32;

/** A value of JSON (RFC 8259). Objects are plain. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @returns plain objects, arrays, strings, numbers, booleans, null
 * @throws {GatewayError} ERR_INPUT_INVALID; position and value are not told
 */
export function parseStrictJson(bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw refused('not UTF-8');
  }
  return new StrictReader(text).read() as JsonValue;
}

// Most strings: nothing escaped, nothing below U+0020.
const plainString = /"([^"\\\u0000-\u001f]*)"/y;
const escapedString =
  /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const whiteSpace = /[ \t\n\r]*/y;

class StrictReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const value = this.#value(0);
    this.#skip();
    if (this.#at !== this.#text.length) throw refused('text after the value');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > deepest) throw refused('nested too deeply');
    this.#skip();
    switch (this.#text.charAt(this.#at)) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    if (this.#take('}')) return object;
    do {
      this.#skip();
      const name = this.#string();
      if (Object.hasOwn(object, name) || name === '__proto__') throw refused('duplicate member');
      if (!this.#take(':')) throw refused('malformed');
      object[name] = this.#value(depth + 1);
    } while (this.#take(','));
    if (!this.#take('}')) throw refused('malformed');
    return object;
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#at += 1;
    if (this.#take(']')) return array;
    do array.push(this.#value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) throw refused('malformed');
    return array;
  }

  #string(): string {
    const plain = this.#match(plainString);
    // A decoded text holds no lone surrogate; only an escape can make one.
    if (plain !== undefined) return plain.slice(1, -1);
    const escaped = this.#match(escapedString);
    if (escaped === undefined) throw refused('malformed');
    const string = JSON.parse(escaped) as string;
    if (!string.isWellFormed()) throw refused('lone surrogate');
    return string;
  }

  #number(): number {
    const token = this.#match(numberToken);
    if (token === undefined) throw refused('malformed');
    const number = Number(token);
    if (!Number.isFinite(number)) throw refused('number out of range');
    return number;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw refused('malformed');
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code > 0x20) return;
    this.#match(whiteSpace);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

function refused(detail: string) {
  return inputInvalid('json', detail);
}
