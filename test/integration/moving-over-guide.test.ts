import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeReader, MarkdownReader, stepsOfPage } from '../support/markdown-page.js';

const steps = stepsOfPage('docs/moving-over.md');

let reader: MarkdownReader;
beforeAll(async () => {
  reader = await MarkdownReader.start();
});
afterAll(() => closeReader(reader));

test('docs/moving-over.md goes as it says', async () => {
  const printed: string[] = [];
  for (const step of steps) printed.push((await reader.follow(step))?.printed ?? '');
  const answers = printed
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('{"status"'))
    .map((line) => JSON.parse(line) as unknown);
  const red = { id: 'il_red_north', onHandQty: 10, reservedQty: 3 };
  const blue = { id: 'il_blue_north', onHandQty: 4, reservedQty: 1 };
  expect(answers).toMatchObject([
    { status: true },
    { status: true },
    { data: { records: [red, blue], missing: ['il_green_north'] } },
    { data: { id: 'il_red_north', onHandQty: 9, reservedQty: 3 } },
  ]);
}, 60_000);
