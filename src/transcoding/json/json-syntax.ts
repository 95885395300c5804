/** Where a text that `JSON.parse` refuses stops being JSON. Both count from 1, in characters. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Node gives the position only in its error messages, and not in all of them. */
export function syntaxErrorPlace(text: string): TextPlace {
  const before = text.slice(0, new SyntaxCheck(text).firstFault());
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 };
}

const whiteSpace = /[ \t\n\r]*/y;
const word = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON's own rule.
const plainText = /[^"\\\u0000-\u001f]*/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;

/** What may come next; `first`: or the end of what was just opened. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'rest';

/** https://www.rfc-editor.org/rfc/rfc8259, with a stack of its own: a hostile text may be deep. */
class SyntaxCheck {
  #at = 0;
  readonly #open: ('{' | '[')[] = [];

  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The index of the first invalid character; the length if the text is truncated. */
  firstFault(): number {
    let expected: Expected | undefined = 'value';
    while (expected !== undefined) {
      this.#skip(whiteSpace);
      expected = this.#step(expected, this.#text[this.#at]);
    }
    return this.#at;
  }

  /** Consumes one part; undefined if it is invalid. */
  #step(expected: Expected, mark: string | undefined): Expected | undefined {
    const isEnd = mark === (this.#open.at(-1) === '{' ? '}' : ']');
    switch (expected) {
      case 'rest':
        if (this.#open.length === 0) return undefined;
        if (isEnd) return this.#close();
        if (mark !== ',') return undefined;
        this.#at++;
        return this.#open.at(-1) === '{' ? 'key' : 'value';
      case 'first key':
      case 'key':
        if (isEnd && expected === 'first key') return this.#close();
        if (!this.#string()) return undefined;
        this.#skip(whiteSpace);
        if (this.#text[this.#at] !== ':') return undefined;
        this.#at++;
        return 'value';
      default:
        if (isEnd && expected === 'first value') return this.#close();
        if (mark === '{' || mark === '[') {
          this.#at++;
          this.#open.push(mark);
          return mark === '{' ? 'first key' : 'first value';
        }
        return (mark === '"' ? this.#string() : this.#skip(word)) ? 'rest' : undefined;
    }
  }

  #close(): Expected {
    this.#at++;
    this.#open.pop();
    return 'rest';
  }

  /** Stops at the fault. */
  #string(): boolean {
    if (this.#text[this.#at] !== '"') return false;
    this.#at++;
    do this.#skip(plainText);
    while (this.#skip(escapeSequence));
    if (this.#text[this.#at] !== '"') return false;
    this.#at++;
    return true;
  }

  /** Whether anything matched. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }
}
