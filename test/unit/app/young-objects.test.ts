import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const CALLS = 200_000;

/**
 * An object of a call has dozens of bytes. Less than that can come from V8 making one whole page of young objects old, 1.3
 * bytes a call, as it sometimes does where other programs keep the processor.
 */
const FEW_BYTES = 5;

/**
 * Prints by how many bytes the old generation grows while objects are made that live for a moment, in a place of the code
 * whose objects lived for long before. Each round is another place to V8, and the most of them counts: it depends on what V8
 * has compiled by then, so not each round shows it.
 */
const program = `
  import { getHeapSpaceStatistics } from 'node:v8';
  if (process.argv[1] !== '') (await import(process.argv[1])).keepNewObjectsYoung();
  const oldBytes = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
  const grownBytes = [];
  for (let round = 0; round < 4; round++) {
    const make = new Function('number', 'return [number, number + 1, [number]]');
    for (let crowd = 0; crowd < 40; crowd++) {
      const living = Array.from({ length: 20_000 }, (_, number) => make(number));
      for (let times = 0; times < 2; times++) gc({ type: 'minor' });
      if (living.length === 0) throw new Error('nobody is there');
    }
    gc();
    const before = oldBytes();
    for (let call = 0; call < ${CALLS}; call++) make(call);
    gc({ type: 'minor' });
    grownBytes.push(oldBytes() - before);
  }
  console.log(Math.max(...grownBytes));
`;

/** In a process of its own: in this one, V8 has seen too much. */
async function grownBytesPerCall(module = ''): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--expose-gc', '--input-type=module', '-e', program, module],
  ]);
  return Number(stdout) / CALLS;
}

test('what calls make after a crowd, whose objects lived for long, is made in the young generation', async () => {
  expect(await grownBytesPerCall()).toBeGreaterThan(FEW_BYTES);
  const module = new URL('../../../dist/app/young-objects.js', import.meta.url);
  expect(await grownBytesPerCall(module.href)).toBeLessThan(FEW_BYTES);
});
