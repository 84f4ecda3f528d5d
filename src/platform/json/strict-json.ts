import { inputInvalid, type GatewayError } from '../../core/errors.js';

/** A value of JSON (RFC 8259). Objects are plain. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [member: string]: JsonValue };

/** Deeper than any question, token or form we take. */
const maxDepth = 32;

/**
 * Reads one JSON text of which there is one reading only. `JSON.parse` keeps the last of two
 * members of one name, where another reader keeps the first: two readers of one question must never
 * see two people. Refused: duplicate members (after escapes), bytes that are not UTF-8, a byte
 * order mark, lone surrogates, numbers beyond a double, more than 32 levels, the member
 * `__proto__`, anything after the value.
 *
 * @param bytes the whole text; the caller bounds its size
 * @throws {GatewayError} ERR_INPUT_INVALID with argument `body`; nothing of the text is repeated
 */
export function parseStrictJson(bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused('not UTF-8');
  }
  return new StrictJsonParser(text).parse();
}

const refused = (detail: string): GatewayError => inputInvalid('body', detail);

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A string token; control characters are left to the reading of its value. */
const stringPattern = /"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const spacePattern = /[ \t\n\r]*/y;

class StrictJsonParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonValue {
    const value = this.#value();
    this.#space();
    if (this.#at !== this.#text.length) throw refused('text after the value');
    return value;
  }

  #value(): JsonValue {
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      case undefined:
        throw refused('ends too early');
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw refused('too deep');
    this.#at += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): { readonly [member: string]: JsonValue } {
    const object: Record<string, JsonValue> = {};
    if (this.#take('}')) return object;
    do {
      this.#space();
      const name = this.#string();
      if (name === '__proto__') throw refused('member name');
      if (Object.hasOwn(object, name)) throw refused('duplicate member');
      if (!this.#take(':')) throw refused('no colon');
      object[name] = this.#value();
    } while (this.#take(','));
    if (!this.#take('}')) throw refused('unfinished object');
    return object;
  }

  #array(): readonly JsonValue[] {
    const items: JsonValue[] = [];
    if (this.#take(']')) return items;
    do items.push(this.#value());
    while (this.#take(','));
    if (!this.#take(']')) throw refused('unfinished array');
    return items;
  }

  #string(): string {
    const token = this.#match(stringPattern, 'string');
    // Controls must be escaped (RFC 8259 §7); the escapes are plain text here.
    if (/\p{Cc}/u.test(token) && [...token].some((character) => character < ' ')) {
      throw refused('control character');
    }
    const value = JSON.parse(token) as string;
    if (!value.isWellFormed()) throw refused('lone surrogate');
    return value;
  }

  #number(): number {
    const value = Number(this.#match(numberPattern, 'value'));
    if (!Number.isFinite(value)) throw refused('number out of range');
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw refused('value');
    this.#at += word.length;
    return value;
  }

  /** Takes this character, after white space, if it is next. */
  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    this.#match(spacePattern, 'space');
  }

  #match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw refused(what);
    this.#at += found.length;
    return found;
  }
}
