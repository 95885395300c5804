import type { JsonValue } from '@bufbuild/protobuf';
import { ExactNumber } from '../fields/exact-number.js';

/**
 * From this many digits (including a point), a double may not hold a number exactly; with an exponent, any number of
 * digits.
 */
export const ROUNDS_FROM = 16;

/** Reads a text that `JSON.parse` accepts, keeping such numbers as written. */
export function parseExactly(text: string): JsonValue {
  return new ExactParser(text).value();
}

/** Recursive descent without checks: the text is known to be valid and not deeply nested. */
class ExactParser {
  #at = 0;

  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(): JsonValue {
    switch (this.#peek()) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #object(): JsonValue {
    const entries: [string, JsonValue][] = [];
    for (this.#at++; this.#peek() !== '}'; this.#skip(',')) {
      const key = this.#string();
      this.#skip(':');
      entries.push([key, this.value()]);
    }
    this.#at++;
    // Unlike assignment, this makes `__proto__` an ordinary key.
    return Object.fromEntries(entries);
  }

  #array(): JsonValue {
    const items: JsonValue[] = [];
    for (this.#at++; this.#peek() !== ']'; this.#skip(',')) items.push(this.value());
    this.#at++;
    return items;
  }

  #string(): string {
    this.#peek();
    const start = this.#at;
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) if (this.#text[this.#at] === '\\') this.#at++;
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  /** A number, or `true`, `false`, `null`. */
  #word(): JsonValue {
    const pattern = /[^\s,\]}]+/y;
    pattern.lastIndex = this.#at;
    const word = pattern.exec(this.#text)![0];
    this.#at += word.length;
    const plain = JSON.parse(word) as JsonValue;
    const loses =
      typeof plain === 'number' && (word.replace('-', '').length >= ROUNDS_FROM || /e/i.test(word));
    // A number too large for any field stays infinite, which is detected and reported later.
    return loses && Number.isFinite(plain) ? (new ExactNumber(word) as unknown as JsonValue) : plain;
  }

  /** The next character that is not white space. */
  #peek(): string {
    while (/\s/.test(this.#text[this.#at]!)) this.#at++;
    return this.#text[this.#at]!;
  }

  #skip(mark: string): void {
    if (this.#peek() === mark) this.#at++;
  }
}
