import type { Line } from './line.js';
import { LINE_BYTES_MAX } from './read-lines.js';

/** What starts at a line of CSV. */
export type CsvRecord =
  /** `lines`: how many it spans; more than one when a quoted value contains line ends. */
  | { readonly kind: 'values'; readonly values: string[]; readonly lines: number }
  /** A quote where RFC 4180 allows none: inside an unquoted value, or followed by more text of a quoted one. */
  | { readonly kind: 'odd_quote' }
  /** A quote is still open after the last known line. */
  | { readonly kind: 'open' }
  /**
   * A quote is not closed in time: its closing quote has text behind it, a line is unreadable, or the value is too
   * long.
   */
  | { readonly kind: 'unclosed' };

/**
 * Reads the record that starts at line `from`, which has text. Only a quote at the start of a value opens a quoted
 * value. Blanks around a value are dropped. Line ends in quotes become LF.
 * https://www.rfc-editor.org/rfc/rfc4180#section-2
 */
export function readCsvRecord(lines: readonly Line[], from: number, delimiter: string): CsvRecord {
  let text = lines[from]!.text!;
  if (!text.includes('"')) return { kind: 'values', values: text.split(delimiter).map(trimmed), lines: 1 };
  const values: string[] = [];
  let bytes = text.length;
  let current = from;
  for (let at = 0; ; ) {
    const start = pastBlanks(text, at, delimiter);
    if (text[start] !== '"') {
      const end = endOf(text, start, delimiter);
      const value = text.slice(start, end);
      if (value.includes('"')) return { kind: 'odd_quote' };
      values.push(trimmed(value));
      at = end;
    } else {
      let value = '';
      at = start + 1;
      for (;;) {
        const quote = text.indexOf('"', at);
        if (quote < 0) {
          value += `${text.slice(at)}\n`;
          const next = lines[++current];
          if (next === undefined) return { kind: 'open' };
          if (next.text === undefined) return { kind: 'unclosed' };
          bytes += next.text.length + 1;
          if (bytes > LINE_BYTES_MAX) return { kind: 'unclosed' };
          text = next.text;
          at = 0;
        } else if (text[quote + 1] === '"') {
          value += text.slice(at, quote + 1);
          at = quote + 2;
        } else {
          value += text.slice(at, quote);
          at = pastBlanks(text, quote + 1, delimiter);
          break;
        }
      }
      if (at < text.length && text[at] !== delimiter) {
        // A quote that seems to close it lines later belongs to another value.
        return { kind: current === from ? 'odd_quote' : 'unclosed' };
      }
      values.push(value);
    }
    if (at >= text.length) return { kind: 'values', values, lines: current - from + 1 };
    at++;
  }
}

/** Removes blanks and tabs at both ends. A no-break space stays, so that it is reported. */
export function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value[start])) start++;
  while (end > start && isBlank(value[end - 1])) end--;
  return value.slice(start, end);
}

function pastBlanks(text: string, from: number, delimiter: string): number {
  let at = from;
  while (isBlank(text[at]) && text[at] !== delimiter) at++;
  return at;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function endOf(text: string, from: number, delimiter: string): number {
  const end = text.indexOf(delimiter, from);
  return end < 0 ? text.length : end;
}
