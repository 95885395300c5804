import { TemplateError } from './template.js';

type Mark = '/' | '*' | '**' | '{' | '}' | '=' | '.' | ':';

/**
 * Characters of a literal: those that a URL path segment may hold unencoded, less the ones the grammar uses
 * (`*`, `=`, `:`), and percent-encoded bytes.
 */
const literalPattern = /(?:[-A-Za-z0-9._~!$&'()+,;@]|%[0-9A-Fa-f]{2})+/y;
const identifierPattern = /[A-Za-z_][A-Za-z0-9_]*/y;

/**
 * Cuts a template into marks, literals and identifiers. The parser says which of the two words it expects,
 * since `a.b` is one literal but two identifiers.
 */
export class TemplateScanner {
  #offset = 0;

  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** Position of the next character, counted from 1. */
  get column(): number {
    return this.#offset + 1;
  }

  get atEnd(): boolean {
    return this.#offset === this.#source.length;
  }

  accept(mark: Mark): boolean {
    if (!this.#source.startsWith(mark, this.#offset)) return false;
    this.#offset += mark.length;
    return true;
  }

  expect(mark: Mark): void {
    if (!this.accept(mark)) this.fail(`expected "${mark}"`);
  }

  /** Percent-decoded. */
  literal(): string {
    const { column } = this;
    const text = this.#word(literalPattern) ?? this.fail('expected a literal');
    try {
      return decodeURIComponent(text);
    } catch {
      throw new TemplateError('literal is not UTF-8 once percent-decoded', column);
    }
  }

  identifier(): string {
    return this.#word(identifierPattern) ?? this.fail('expected a field name');
  }

  fail(expectation: string): never {
    const next = String.fromCodePoint(this.#source.codePointAt(this.#offset) ?? 0);
    throw new TemplateError(`${expectation}, found ${this.atEnd ? 'the end' : `"${next}"`}`, this.column);
  }

  #word(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const text = pattern.exec(this.#source)?.[0];
    this.#offset += text?.length ?? 0;
    return text;
  }
}
