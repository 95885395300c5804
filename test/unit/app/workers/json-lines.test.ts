import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JsonLines } from '../../../../src/app/workers/json-lines.js';
import { RemoteEngine, serveEngine } from '../../../../src/app/workers/remote-engine.js';
import type { Engine } from '../../../../src/engine/engine.js';
import type { Submission } from '../../../../src/engine/submission.js';

/** Both ends of one connection. */
const server = createServer({ allowHalfOpen: false });
const sockets: Socket[] = [];
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

async function pair(): Promise<[Socket, Socket]> {
  const { port } = server.address() as { port: number };
  const one = connect(port, '127.0.0.1');
  const [other] = (await once(server, 'connection')) as [Socket];
  sockets.push(one, other);
  return [one, other];
}

const reserve = (n: number): Submission => ({
  command: {
    kind: 'release',
    merchantId: 'mer_1',
    id: 'inv_1',
    qty: n,
    reference: 'é\n"\u2028',
    notes: 'x'.repeat(100_000),
    actor: 'test',
  },
});

test('values of one turn arrive in one turn, however they were cut on their way', async () => {
  const [one, other] = await pair();
  const got: unknown[][] = [];
  const all = new Promise<void>((resolve) => {
    new JsonLines<never, unknown>(other, (values) => {
      got.push([...values]);
      if (got.flat().length === 4) resolve();
    });
  });
  const lines = new JsonLines<unknown, never>(one, () => {});
  const long = 'é'.repeat(200_000);
  lines.send(1);
  lines.send({ long });
  await new Promise((resolve) => setImmediate(resolve));
  lines.send('\n');
  lines.send(null);
  await all;
  expect(got).toEqual([
    [1, { long }],
    ['\n', null],
  ]);
});

test('commands reach the engine in order, and each caller gets its own answer', async () => {
  const [one, other] = await pair();
  const submitted: number[] = [];
  const answers: (() => void)[] = [];
  const engine: Engine = {
    drain: () => Promise.resolve(),
    submit: ({ command }, deadlineAtMs) => {
      if (command.kind !== 'release') throw new Error('not sent');
      expect(command).toEqual(reserve(command.qty).command);
      submitted.push(command.qty);
      return new Promise((resolve) => {
        answers.push(() =>
          resolve(
            deadlineAtMs === 5
              ? { reason: 'OVERLOADED' }
              : {
                  kind: 'decided',
                  outcome: { ok: true, stock: { id: 'inv_1', onHandQty: command.qty, reservedQty: 0 } },
                },
          ),
        );
      });
    },
  };
  serveEngine(engine, other);
  const remote = new RemoteEngine(one);
  const told = [1, 2, 3].map((n) => remote.submit(reserve(n), n === 3 ? 5 : 0));
  while (answers.length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(submitted).toEqual([1, 2, 3]);
  let drained = false;
  const drain = remote.drain().then(() => {
    drained = true;
  });
  expect(await remote.submit(reserve(4), 0)).toEqual({ reason: 'SHUTTING_DOWN' });
  answers[2]!();
  expect(await told[2]).toEqual({ reason: 'OVERLOADED' });
  answers[1]!();
  expect(await told[1]).toMatchObject({ outcome: { stock: { onHandQty: 2 } } });
  expect(drained).toBe(false);
  answers[0]!();
  expect(await told[0]).toMatchObject({ outcome: { stock: { onHandQty: 1 } } });
  await drain;
});

test('a batch is let in or refused as a whole, by merchant', async () => {
  const [one, other] = await pair();
  const done = { kind: 'key_reused' } as const;
  serveEngine(
    {
      drain: () => Promise.resolve(),
      submit: () => Promise.resolve(done),
      load: { tight: true, refuses: (merchantId) => merchantId === 'mer_1' },
    },
    other,
  );
  const remote = new RemoteEngine(one);
  const answers = [
    remote.refusesBatch('mer_1'),
    remote.submit({ ...reserve(1), isLetIn: true }, 1),
    remote.refusesBatch('mer_2'),
  ];
  expect(await Promise.all(answers)).toEqual([true, done, false]);
  // A question is not a command in progress.
  void remote.refusesBatch('mer_1');
  await remote.drain();
});

test('an engine that takes whatever comes refuses no batch', async () => {
  const [one, other] = await pair();
  serveEngine({ drain: () => Promise.resolve(), submit: () => new Promise(() => {}) }, other);
  expect(await new RemoteEngine(one).refusesBatch('mer_1')).toBe(false);
});

test('a command that was let in before is not refused because it would wait, others are', async () => {
  const [one, other] = await pair();
  const done = { kind: 'key_reused' } as const;
  serveEngine(
    {
      drain: () => Promise.resolve(),
      submit: () => Promise.resolve(done),
      load: { tight: true, refuses: () => true },
    },
    other,
  );
  const remote = new RemoteEngine(one);
  const answers = [remote.submit(reserve(1), 1), remote.submit({ ...reserve(2), isLetIn: true }, 1)];
  expect(await Promise.all(answers)).toEqual([{ reason: 'OVERLOADED' }, done]);
});
