import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { LogStream } from '../../../src/telemetry/log-stream.js';
import { createLogger } from '../../../src/telemetry/logger.js';

/** All that was written so far. */
function written(stream: PassThrough): string {
  return String(stream.read() ?? '');
}

const evil = 'a\u001b[2Jb\u009b1mc\u202ed\nforged\u007f';

test('JSON for readers of lines says the same, and contains nothing that a terminal obeys', () => {
  const stream = new PassThrough();
  createLogger('info', stream).info({ reference: evil }, evil);
  const line = written(stream);
  expect(line.trimEnd()).toMatch(/^[^\p{Cc}\u202a-\u202e]+$/u);
  expect(JSON.parse(line)).toMatchObject({ level: 30, msg: evil, reference: evil });
});

test('pretty on a terminal: data is written out on its line, stacks keep theirs', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true });
  const err = new Error(evil, { cause: new Error(evil) });
  createLogger('info', stream).error({ err, deep: [{ [evil]: evil }], reference: evil }, evil);
  const text = written(stream);
  // Without the printer's colours.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  const plain = text.replace(/\u001b\[\d*m/g, '');
  expect(plain).not.toMatch(/[^\n\P{Cc}]|[\u202a-\u202e]/u);
  expect(plain).toContain('reference: "a\\u001b[2Jb\\u009b1mc\\u202ed\\u000aforged\\u007f"');
  expect(plain).toMatch(/^ +at .*logger\.test/m);
});

describe('a stream that is not read', () => {
  const asIs = (line: string): string => line;

  test('keeps lines up to its bound, loses the others, and tells how many', () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const lines = new LogStream(stream, 10);
    for (let i = 0; i < 9; i++) lines.write(`line ${i}\n`, asIs);
    const kept = written(stream) + written(stream);
    expect(kept).toMatch(/^line 0\n/);
    for (let rest = written(stream); rest !== ''; rest = written(stream));
    lines.write('again\n', asIs);
    const told = written(stream) + written(stream);
    expect(told).toContain('"msg":"log lines were lost because nobody read them"');
    expect(told).toMatch(/"lost":[1-8],.*\nagain\n$/);
  });
});
