import { expect, test } from 'vitest';
import { isPlain, oneLine, printable, printableJson } from '../../src/printable.js';

test.each([
  ['plain, Zürich 🏔 \u05d0 e\u0301', 'plain, Zürich 🏔 \u05d0 e\u0301'],
  ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
  ['\0\b\t\n\r\u007f', '\\u0000\\u0008\\u0009\\u000a\\u000d\\u007f'],
  ['\u0080\u009b31m\u009f', '\\u0080\\u009b31m\\u009f'],
  ['\u061c\u200e\u200f', '\\u061c\\u200e\\u200f'],
  ['\u202a\u202b\u202c\u202d\u202e', '\\u202a\\u202b\\u202c\\u202d\\u202e'],
  ['\u2066\u2067\u2068\u2069', '\\u2066\\u2067\\u2068\\u2069'],
  ['\u2028\u2029', '\\u2028\\u2029'],
  ['half \ud83c', 'half \\ud83c'],
])('%j is shown as %s', (text, shown) => {
  expect(oneLine(text)).toBe(shown);
  expect(isPlain(text)).toBe(text === shown);
  expect(JSON.parse(printableJson({ [text]: text }))).toEqual({ [text]: text });
  expect(isPlain(printableJson([text]))).toBe(true);
});

test('of several lines, line ends and tabs stay', () => {
  expect(printable('a\n\tb\r\n\u001bc')).toBe('a\n\tb\\u000d\n\\u001bc');
});
