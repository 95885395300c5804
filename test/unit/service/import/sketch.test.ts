import { describe, expect, test } from 'vitest';
import { likeness, Sketch } from '../../../../src/service/import/sketch.js';

const lines = (count: number, of: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => of(i));

function sketchOf(text: string, reading = '', chunkBytes = 7): readonly number[] {
  const sketch = new Sketch(reading);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) sketch.add(bytes.subarray(at, at + chunkBytes));
  return sketch.finish();
}

const stock = lines(1000, (i) => `P${i},W,5`);
const sketch = sketchOf(stock.join('\n'), '', 64);

describe('how much two files have in common', () => {
  test.each([
    ['itself', stock, 1, 1],
    ['with other line ends', stock.map((line) => `${line}\r`), 1, 1],
    ['in another order', [...stock].reverse(), 1, 1],
    ['one line corrected', stock.with(500, 'P500,W,6'), 0.9, 1],
    ['half of the lines new', stock.map((line, i) => (i % 2 === 0 ? line : `${line}1`)), 0.1, 0.49],
    ['all quantities new', stock.map((line) => `${line}1`), 0, 0],
    ['nothing', [], 0, 0],
  ])('%s', (_, other, least, most) => {
    const found = likeness(sketch, sketchOf(other.join('\n'), '', 64));
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  });

  test('read otherwise: another file', () => {
    expect(likeness(sketch, sketchOf(stock.join('\n'), 'Kyiv=qty', 64))).toBe(0);
  });

  test('small files count line by line, however they are cut into chunks', () => {
    const [one, other] = ['h\na\nb\n', 'h\na\nc'];
    expect(likeness(sketchOf(one), sketchOf(other))).toBe(0.5);
    expect(sketchOf(one, '', 1)).toEqual(sketchOf(one, '', 100));
  });
});
