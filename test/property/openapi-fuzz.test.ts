import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { audit } from '../../src/service/audit.js';
import { test as base } from '../support/fixtures.js';
import { requestFaults } from '../support/openapi/check-request.js';
import { OpenApiDocument } from '../support/openapi/document.js';
import { findOperation } from '../support/openapi/routes.js';
import { wrappings } from './openapi/break-head.js';
import { brokenRequestsOf } from './openapi/break-request.js';
import { operationsOf, requestsOf, type Template } from './openapi/draw-request.js';
import { everyEdge, plainRequest } from './openapi/every-edge.js';
import { judge } from './openapi/judge.js';
import { HEAD_BYTES_MAX, type Parts, Sent } from './openapi/parts.js';
import { Sender } from './openapi/send.js';
import { fill, type World } from './openapi/world.js';

/**
 * Sends requests that are drawn from the OpenAPI document. The service accepts, refuses and answers them as the
 * document says, and never with 5xx. `FUZZ_SEED` repeats a run, `FUZZ_RUNS` multiplies its length.
 */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
const runs = Number(process.env.FUZZ_RUNS ?? 1);
/** Bounds the search for a smaller counterexample. */
const bounds = { seed, interruptAfterTimeLimit: 60_000 * runs };
const timeoutMs = 2 * bounds.interruptAfterTimeLimit;

const document = OpenApiDocument.read();
const operations = operationsOf(document);
/** `operation status` of each answer. */
const seen = new Set<string>();
/** `OK` and the codes of what became of the commands of batches. */
const seenOfCommands = new Set<string>();

const test = base
  // A call that hangs keeps the service from closing, and so fails the test. Silent streams soon send a sign of life.
  .extend('environment', { SHUTDOWN_TIMEOUT_MS: '600000', STREAM_HEARTBEAT_MS: '20' })
  .extend('world', { scope: 'file' }, ({ service }) => fill(service))
  .extend('check', { scope: 'file' }, ({ service }, { onCleanup }) => {
    const sender = new Sender(service.httpUrl);
    onCleanup(() => sender.close());
    return async (sent: Sent, keepsToDocument: boolean): Promise<void> => {
      const exchange = await sender.send(sent);
      const found = judge(document, sent, exchange);
      const destination = findOperation(document, exchange.method, sent.path);
      if (destination.kind === 'operation') {
        const { operation } = destination;
        seen.add(`${operation.id} ${exchange.status}`);
        if (operation.id === 'batchExecute' && exchange.status === 200) noteCommands(exchange.responseBody);
        if (keepsToDocument) found.push(...requestFaults(document, operation, exchange));
      } else seen.add(`${destination.kind} ${exchange.status}`);
      if (found.length === 0) return;
      throw new Error(
        `${fc.stringify(sent)}\n${found.join('\n')}\n${exchange.status} ${exchange.responseBody.slice(0, 1000)}\nrepeat it with FUZZ_SEED=${seed} FUZZ_RUNS=${runs}`,
      );
    };
  });

function noteCommands(body: string): void {
  const { data } = JSON.parse(body) as { data: { results: { code?: string }[] } };
  for (const { code } of data.results) seenOfCommands.add(code ?? 'OK');
}

function fitsHead({ headBytes }: Sent): boolean {
  return headBytes <= HEAD_BYTES_MAX;
}

/** Draws from all operations, more often from those that change something or stream, which have more outcomes. */
function anyOf(requestsOfOne: (operation: Template) => fc.Arbitrary<Parts>): fc.Arbitrary<Sent> {
  const weighted = operations.map((operation) => {
    const isPlain = operation.method === 'GET' && operation.id !== 'watchInventory';
    return { weight: isPlain ? 1 : 2, arbitrary: requestsOfOne(operation) };
  });
  return fc
    .oneof(...weighted)
    .map((parts) => new Sent(parts))
    .filter(fitsHead);
}

const drawn =
  ({ known, callers }: World) =>
  (operation: Template): fc.Arbitrary<Parts> =>
    requestsOf(document, operation, known, callers[0]!);

test(
  'every bound of every field and parameter is exact',
  async ({ world, check }) => {
    for (const operation of operations) {
      const plain = plainRequest(document, operation, world.known, world.callers[0]!);
      const edges = everyEdge(document, operation, plain).map((parts) => new Sent(parts));
      for (const sent of edges.filter(fitsHead)) await check(sent, false);
    }
  },
  timeoutMs,
);

test('a change, a read and long bodies are refused for whatever is wrong around their content', async ({
  world,
  check,
}) => {
  const some = operations.filter(({ id }) => ['reserve', 'getInventory', 'batchExecute'].includes(id));
  expect(some).toHaveLength(3);
  for (const operation of some) {
    const plain = plainRequest(document, operation, world.known, world.callers[0]!);
    for (const wrapping of wrappings) await check(new Sent(wrapping(plain)), false);
  }
});

test(
  'every operation lets in the callers that the document says',
  async ({ world, check }) => {
    for (const operation of operations) {
      for (const caller of world.callers) {
        await check(new Sent(plainRequest(document, operation, world.known, caller)), true);
      }
    }
  },
  timeoutMs,
);

test(
  'a request that follows the document is accepted, unless a rule beyond its schemas or the stock forbids it',
  async ({ world, check }) => {
    const property = fc.asyncProperty(anyOf(drawn(world)), (sent) => check(sent, true));
    await fc.assert(property, { ...bounds, numRuns: 300 * runs });
  },
  timeoutMs,
);

test(
  'a request that does not is refused for that',
  async ({ world, check }) => {
    const broken = anyOf((operation) =>
      brokenRequestsOf(document, operation, drawn(world)(operation), world.callers),
    );
    const property = fc.asyncProperty(broken, (sent) => check(sent, false));
    await fc.assert(property, { ...bounds, numRuns: 800 * runs });
  },
  timeoutMs,
);

test('every operation succeeded, and requests were refused in every way', () => {
  expect(operations.map(({ id }) => `${id} 200`).filter((success) => !seen.has(success))).toEqual([]);
  const statuses = new Set([...seen].map((answer) => Number(answer.slice(-3))));
  expect([...statuses].sort()).toEqual([200, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422]);
  const always = ['OK', 'INVENTORY_NOT_FOUND', 'MALFORMED_REQUEST', 'PERMISSION_DENIED', 'VALIDATION_FAILED'];
  expect([...seenOfCommands]).toEqual(expect.arrayContaining(always));
});

test('counters, holds and log agree in the end', async ({ service }) => {
  const report = await audit(service.app.dataSource, { repair: false });
  expect(report).toMatchObject({ consistent: true, drift: [] });
  expect(report.records).toBeGreaterThan(6);
});
