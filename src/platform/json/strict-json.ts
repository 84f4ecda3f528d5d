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
    text = utf8.decode(bytes);
  } catch {
    throw refused('not UTF-8');
  }
  return new StrictJsonParser(text).parse();
}

const refused = (detail: string): GatewayError => inputInvalid('body', detail);

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

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
        return this.#object();
      case '[':
        return this.#array();
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

  #descend(): void {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw refused('too deep');
    this.#at += 1;
  }

  #ascend(close: string): void {
    if (!this.#take(close)) throw refused('unfinished');
    this.#depth -= 1;
  }

  #object(): { readonly [member: string]: JsonValue } {
    this.#descend();
    const object: Record<string, JsonValue> = {};
    this.#space();
    if (this.#text[this.#at] !== '}') {
      do {
        this.#space();
        const name = this.#string();
        if (name === '__proto__') throw refused('member name');
        if (Object.hasOwn(object, name)) throw refused('duplicate member');
        if (!this.#take(':')) throw refused('no colon');
        object[name] = this.#value();
      } while (this.#take(','));
    }
    this.#ascend('}');
    return object;
  }

  #array(): readonly JsonValue[] {
    this.#descend();
    const items: JsonValue[] = [];
    this.#space();
    if (this.#text[this.#at] !== ']') {
      do items.push(this.#value());
      while (this.#take(','));
    }
    this.#ascend(']');
    return items;
  }

  #string(): string {
    const text = this.#text;
    if (text[this.#at] !== '"') throw refused('string');
    const start = this.#at + 1;
    let hasEscape = false;
    let end = start;
    for (; text.charCodeAt(end) !== 0x22; end += 1) {
      const code = text.charCodeAt(end);
      // NaN at the end of the text; controls must be escaped (RFC 8259 §7).
      if (!(code >= 0x20)) throw refused('string');
      if (code === 0x5c) {
        hasEscape = true;
        end += 1;
      }
    }
    this.#at = end + 1;
    // Decoded UTF-8 has no lone surrogate; an escape may spell one.
    return hasEscape ? readEscapes(text.slice(start - 1, end + 1)) : text.slice(start, end);
  }

  #number(): number {
    numberPattern.lastIndex = this.#at;
    const token = numberPattern.exec(this.#text)?.[0];
    if (token === undefined) throw refused('value');
    this.#at += token.length;
    const value = Number(token);
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
    for (; ; this.#at += 1) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }
}

function readEscapes(token: string): string {
  let value: string;
  try {
    value = JSON.parse(token) as string;
  } catch {
    throw refused('escape');
  }
  if (!value.isWellFormed()) throw refused('lone surrogate');
  return value;
}
