import { expect } from 'vitest';
import { literal } from './literal.js';
import type { Block } from './markdown.js';

/** Stands for what differs from run to run: part of a line, or, alone on a line, any lines. */
const ANYTHING = '…';

/** Fails when this is not what the page says is printed. JSON is compared by its values. */
export function expectPrinted(printed: string, shown: Block): void {
  const text = tidy(printed);
  const where = `what line ${shown.line} shows`;
  if (shown.language === 'json') {
    expect(parse(text), where).toEqual(anyOf(JSON.parse(shown.text)));
  } else if (!patternOf(shown.text).test(text)) {
    // Only for the difference to be shown: this never passes.
    expect(text, where).toBe(tidy(shown.text));
  }
}

/** Whether all that a stream's block shows has been printed. */
export function isPrinted(printed: string, shown: Block): boolean {
  return patternOf(shown.text).test(tidy(printed));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function patternOf(shown: string): RegExp {
  const lines = tidy(shown)
    .split('\n')
    .map((line) => (line === ANYTHING ? '(?:.|\\n)*' : line.split(ANYTHING).map(literal).join('.*')));
  return new RegExp(`^${lines.join('\\n')}$`);
}

function tidy(text: string): string {
  return text.replaceAll('\r', '').trim();
}

function anyOf(value: unknown): unknown {
  if (typeof value === 'string' && value.includes(ANYTHING)) return expect.stringMatching(patternOf(value));
  if (Array.isArray(value)) return value.map(anyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, anyOf(member)]));
}
