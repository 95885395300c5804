import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeReader, MarkdownReader, stepsOfPage } from '../support/markdown-page.js';
import type { Ran } from '../support/markdown-shell.js';

const steps = stepsOfPage('docs/orders.md');

let reader: MarkdownReader;
beforeAll(async () => {
  reader = await MarkdownReader.start();
});
afterAll(() => closeReader(reader));

/** The answer to each call of a block. */
function answers(ran: Ran | undefined): Record<string, unknown>[] {
  const lines = ran?.printed.split('\n').filter((line) => line !== '') ?? [];
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('docs/orders.md goes as it says', () => {
  test.each(
    steps.map((step) => [step.line, step.kind === 'run' ? step.script.split('\n')[0]! : '', step] as const),
  )('line %d: %s', async (_line, _what, step) => {
    const ran = await reader.follow(step);
    // Where the page shows the output, the reader has already compared it.
    if (step.kind !== 'run' || step.how !== 'succeeds' || step.output !== undefined) return;
    const told = answers(ran);
    // A call whose answer goes into a variable prints nothing.
    expect(told).toHaveLength(step.script.match(/^hf /gm)?.length ?? 0);
    for (const answer of told) expect(answer).toMatchObject({ status: true, data: expect.anything() });
  });
});

describe('and what it says between the blocks', () => {
  const adjust = 'hf PATCH "/v1/inventory/$RED/adjust"';
  const red = 'hf GET "/v1/inventory/$RED"';

  test.each<[string, string[], object[]]>([
    [
      'adjustments never go below what is reserved',
      [
        `hf PATCH "/v1/inventory/$RED/reserve" -d '{"qty": 32, "reference": "ORD-5"}'`,
        `${adjust} -d '{"qty": -1, "action": "SOLD"}'`,
        "hf POST /v1/orders/ORD-5/release -d '{}'",
      ],
      [{ data: { availableQty: 0 } }, { code: 'NEGATIVE_STOCK' }, { status: true }],
    ],
    [
      'a stale quantity changes nothing',
      [`${adjust} -d '{"qty": 1, "action": "RECEIVED", "expectedOnHandQty": 9}'`, red],
      [{ code: 'STALE_QUANTITY' }, { data: { onHandQty: 32 } }],
    ],
    [
      'what the mask names and the body lacks is cleared, all else stays',
      [red],
      [{ data: { location: '', reorderQty: 50 } }],
    ],
    [
      'the blue socks are low, the hats are gone, and the red socks are neither',
      ['hf GET /v1/inventory/low-stock'],
      [
        {
          data: [
            { id: 'hats.north', availableQty: 0 },
            { skuId: 'socks-blue', availableQty: 2, reorderLevel: 3 },
          ],
        },
      ],
    ],
    [
      'an unknown record cannot be watched',
      ["hf GET '/v1/inventory/watch?ids=inv_nowhere'"],
      [{ code: 'INVENTORY_NOT_FOUND', errors: [{ id: 'inv_nowhere' }] }],
    ],
    [
      'a second end is told what became of the order',
      ['ORD-1/confirm', 'ORD-1/release', 'ORD-2/release', 'ORD-4/release'].map(
        (path) => `hf POST /v1/orders/${path} -d '{}'`,
      ),
      [
        { code: 'ORDER_ALREADY_CONFIRMED' },
        { code: 'ORDER_ALREADY_CONFIRMED' },
        { code: 'ORDER_ALREADY_RELEASED' },
        { code: 'ORDER_NOT_HELD' },
      ],
    ],
    [
      'a replay is marked, and changes nothing, even now that its units were released',
      [
        `hf PATCH "/v1/inventory/$RED/reserve" -d '{"qty": 1, "reference": "ORD-3"}' -H 'Idempotency-Key: checkout-3' -D headers`,
        `grep -c 'idempotency-replayed: true' headers | sed 's/.*/{"marked": &}/'`,
        'hf GET /v1/orders/ORD-3',
      ],
      [{ data: { reservedQty: 1 } }, { marked: 1 }, { data: { holds: [], state: 'RELEASED' } }],
    ],
  ])('%s', async (_, calls, expected) => {
    expect(answers(await reader.shell.run(calls.join('\n')))).toMatchObject(expected);
  });
});
