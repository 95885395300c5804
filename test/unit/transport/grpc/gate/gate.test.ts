import { once } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passingHeader } from '../../../../../bench/load/hpack.js';
import type { Foreseen } from '../../../../../src/transport/dispatch/early-refusals.js';
import { headersBytes } from '../../../../../src/transport/http2.js';
import { frame, HTTP2_PREFACE } from '../../../../support/http2-frames.js';
import { END_HEADERS, END_STREAM, FrameType } from '../../../../support/http2-raw.js';
import { type Call, call, clientOf, type GateStage, gateStage, refuseAsked } from './stage.js';

/** Names and values that come again, and some that never do. */
const headers = fc.dictionary(
  fc.constantFrom('a', 'traceparent', 'grpc-timeout', 'authorization', 'x-long', 'user-agent'),
  fc.oneof(
    fc.constantFrom('', '1', 'Bearer a.b.c', 'x'.repeat(3000), '\u00ff~ #"é'),
    fc.string({ unit: 'grapheme-ascii', maxLength: 200 }).map((text) => text.trim()),
  ),
  { maxKeys: 6 },
);
const anyCall = fc.record({
  headers,
  bodyBytes: fc.constantFrom(0, 1, 300, 20_000),
  isRefused: fc.boolean(),
});

test('node:http2 gets the calls that are not refused as they were sent, and the others get a refusal', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyCall, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
      fc.constantFrom(0, 100, 4096),
      async (turns, lengths, headerTableSize) => {
        const cut = (bytes: Buffer): Buffer[] => {
          const pieces: Buffer[] = [];
          // Short pieces at first, so that frames are cut everywhere, and the rest at once.
          let at = 0;
          for (; at < bytes.length && pieces.length < 300; at += pieces.at(-1)!.length) {
            pieces.push(Buffer.from(bytes.subarray(at, at + lengths.next().value)));
          }
          return at < bytes.length ? [...pieces, Buffer.from(bytes.subarray(at))] : pieces;
        };
        const stage = gateStage({ foresee: refuseAsked, cut });
        const client = clientOf(stage, { headerTableSize });
        await call(client);
        const sent: { headers: Call['headers']; bodyBytes: number }[] = [];
        for (const turn of turns) {
          await Promise.all(
            turn.map(async ({ isRefused, ...one }, i) => {
              if (!isRefused) sent.push(one);
              const asked = isRefused ? { ...one.headers, refuse: `req-${i}` } : one.headers;
              const answer = await call(client, { ...one, headers: asked });
              expect(answer.status).toBe(isRefused ? '14' : '200');
              if (isRefused) expect(answer.headers['x-request-id']).toBe(`req-${i}`);
            }),
          );
        }
        expect(
          stage.passed.slice(1).map(({ headers: got, bodyBytes }) => ({ headers: own(got), bodyBytes })),
        ).toEqual(sent);
        client.destroy();
      },
    ),
    { numRuns: 60 },
  );
});

/** Without those of HTTP/2 and of the stage. */
function own(got: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(got).filter(([name]) => !name.startsWith(':')));
}

test('while nothing is refused, nobody is asked about calls', async () => {
  let foreseen = 0;
  const stage = gateStage({
    isDue: () => false,
    foresee: () => {
      foreseen++;
      return undefined;
    },
  });
  const client = clientOf(stage);
  for (let i = 0; i < 3; i++)
    expect((await call(client, { headers: { refuse: 'req-1' } })).status).toBe('200');
  expect(foreseen).toBe(0);
  client.destroy();
});

test('until node:http2 has answered a call, it is told what was foreseen, and answers itself', async () => {
  const stage = gateStage({ foresee: refuseAsked });
  const client = clientOf(stage);
  const asking = { headers: { refuse: 'req-1' } };
  expect((await call(client, asking)).status).toBe('200');
  expect((await call(client, asking)).status).toBe('14');
  // A client with another table must hear from node:http2 first.
  client.settings({ headerTableSize: 0 });
  expect((await call(client, asking)).status).toBe('200');
  expect(stage.passed[1]!.foreseen).toMatchObject({ failure: { reason: 'OVERLOADED' }, requestId: 'req-1' });
  expect((await call(client, asking)).status).toBe('14');
  client.destroy();
});

test('the messages of refused calls do not use up the window of the connection', async () => {
  const stage = gateStage({ foresee: refuseAsked });
  const client = clientOf(stage);
  await call(client);
  const refused = { headers: { refuse: 'req-1' }, bodyBytes: 8000 };
  for (let i = 0; i < 30; i++) expect((await call(client, refused)).status).toBe('14');
  expect((await call(client, { bodyBytes: 60_000 })).headers['body-bytes']).toBe('60000');
  expect(stage.passed).toHaveLength(2);
  client.destroy();
});

test('a client that has more to send of a refused call may keep it', async () => {
  const stage = gateStage({ foresee: refuseAsked });
  const client = clientOf(stage);
  await call(client);
  const open = call(client, { headers: { refuse: 'req-1' }, bodyBytes: 10, isOpen: true });
  let isOpen = true;
  void open.finally(() => {
    isOpen = false;
  });
  await call(client);
  stage.gate.look();
  await call(client);
  expect(isOpen).toBe(true);
  stage.gate.look();
  expect(await open).toMatchObject({ status: '14', rstCode: 0 });
  expect((await call(client)).status).toBe('200');
  client.destroy();
});

test('a refusal may have to wait for its turn; meanwhile its message is dropped', async () => {
  const turns: (() => void)[] = [];
  const foresee = (asked: Readonly<Record<string, string>>): Foreseen | undefined => {
    const refusal = refuseAsked(asked);
    const turn = new Promise<void>((resolve) => turns.push(resolve));
    return refusal?.failure && { ...refusal, turn };
  };
  const stage = gateStage({ foresee });
  const client = clientOf(stage);
  await call(client);
  turns.length = 0;
  const order: string[] = [];
  const refused = ['req-1', 'req-2'].map(async (refuse) => {
    const { headers: answer } = await call(client, { headers: { refuse }, bodyBytes: 5000 });
    order.push(String(answer['x-request-id']));
  });
  // One of a later call, and of an earlier one.
  await call(client, { bodyBytes: 10 });
  expect(order).toEqual([]);
  turns[1]!();
  await refused[1];
  turns[0]!();
  await refused[0];
  expect(order).toEqual(['req-2', 'req-1']);
  expect(stage.passed.map(({ bodyBytes }) => bodyBytes)).toEqual([0, 10]);
  client.destroy();
});

test('a message that comes after a later call has passed ends its refused call, too', async () => {
  const stage = gateStage({ foresee: refuseAsked });
  const got = await begun(stage);
  stage.wire.write(request(3, [['refuse', 'req-1']], 0x00, END_HEADERS));
  stage.wire.write(request(5, []));
  stage.wire.write(frame(FrameType.DATA, 0, 3, Buffer.alloc(16_384)));
  stage.wire.write(frame(FrameType.DATA, END_STREAM, 3, Buffer.alloc(7)));
  await expect.poll(() => stage.passed.length).toBe(2);
  stage.gate.look();
  stage.gate.look();
  await new Promise(setImmediate);
  expect(typesOf(Buffer.concat(got))).toContain(FrameType.WINDOW_UPDATE);
  expect(typesOf(Buffer.concat(got))).not.toContain(FrameType.RST_STREAM);
  stage.wire.destroy();
});

test('a client that does not read is not read from either', async () => {
  const stage = gateStage({ foresee: refuseAsked });
  speak(stage);
  await expect.poll(() => stage.passed.length).toBe(1);
  await new Promise(setImmediate);
  let id = 3;
  for (; id < 60_003 && !stage.isPaused(); id += 2) {
    stage.wire.write(request(id, [['refuse', 'r'.repeat(120)]]));
    if (id % 50 === 1) await new Promise(setImmediate);
  }
  expect(stage.isPaused()).toBe(true);
  stage.wire.resume();
  await expect.poll(() => stage.isPaused()).toBe(false);
  stage.wire.write(request(id, []));
  await expect.poll(() => stage.passed.at(-1)?.id).toBe(id);
  stage.wire.destroy();
});

test('a few bytes that name a long header again and again do not become many at once', async () => {
  const stage = gateStage({ foresee: refuseAsked, isDue: () => false });
  const got = await begun(stage);
  let mostAtOnce = 0;
  const push = stage.gate.push.bind(stage.gate);
  stage.gate.push = (chunk: Buffer | null) => {
    mostAtOnce = Math.max(mostAtOnce, chunk?.length ?? 0);
    return push(chunk);
  };
  // The newest of the table is named 15 times, by 200 calls, and once by a block of far too many.
  const long = request(3, [['a', 'x'.repeat(3900)]], 0x40);
  const again = Buffer.concat([block([], 0x40), Buffer.alloc(15, 0xbe)]);
  const calls = Array.from({ length: 200 }, (_, i) =>
    frame(FrameType.HEADERS, END_HEADERS | END_STREAM, 5 + 2 * i, again),
  );
  const bomb = Buffer.concat([block([], 0x40), Buffer.alloc(16_000, 0xbe)]);
  stage.wire.write(
    Buffer.concat([
      long,
      ...calls,
      frame(FrameType.HEADERS, END_HEADERS | END_STREAM, 1001, bomb),
      request(1003, []),
    ]),
  );
  await expect.poll(() => stage.passed.at(-1)?.id, { timeout: 5000 }).toBe(1003);
  expect(stage.passed).toHaveLength(204);
  // The guard refuses more than 64 KiB.
  const bytesOf = (id: number) => headersBytes(stage.passed.find((call) => call.id === id)!.rawHeaders);
  expect(bytesOf(5)).toBeLessThan(65_536);
  expect(bytesOf(1001)).toBeGreaterThan(65_536);
  expect(bytesOf(1001)).toBeLessThan(70_000);
  expect(mostAtOnce).toBeLessThan(512 * 1024);
  expect(typesOf(Buffer.concat(got))).not.toContain(FrameType.GOAWAY);
  stage.wire.destroy();
});

test('what was foreseen of a call that never begins comes to its end, too', async () => {
  let arrived = 0;
  const stage = gateStage({ foresee: () => ({ failure: undefined, onArrival: () => void arrived++ }) });
  speak(stage);
  await answered(stage);
  const before = arrived;
  // A name that HTTP/2 forbids: node:http2 resets the stream.
  stage.wire.write(request(3, [['UPPER', '1']]));
  stage.wire.write(request(5, []));
  await expect.poll(() => stage.passed.length).toBe(2);
  expect(arrived).toBe(before + 1);
  stage.wire.write(request(7, [['UPPER', '1']]));
  await new Promise(setImmediate);
  stage.gate.look();
  expect(arrived).toBe(before + 1);
  stage.gate.look();
  expect(arrived).toBe(before + 2);
  stage.wire.write(request(9, [['UPPER', '1']]));
  stage.wire.end();
  await expect.poll(() => arrived).toBe(before + 3);
});

test('a header that comes twice is for node:http2 to read', async () => {
  const asked: unknown[] = [];
  const stage = gateStage({
    foresee: (got) => {
      asked.push(got.refuse);
      return refuseAsked(got);
    },
  });
  speak(stage);
  await answered(stage);
  stage.wire.write(request(3, [['refuse', 'req-1']]));
  await expect.poll(() => asked).toEqual([undefined, 'req-1']);
  expect(stage.passed).toHaveLength(1);
  stage.wire.destroy();
});

const unreadable = [
  ['an index of no table', [frame(FrameType.HEADERS, END_HEADERS, 5, Buffer.from([0xff, 0x70]))], 9],
  ['a text that is cut off', [frame(FrameType.HEADERS, END_HEADERS, 5, Buffer.from([0x00, 0x05, 0x61]))], 9],
  [
    'a table that is too large',
    [frame(FrameType.HEADERS, END_HEADERS, 5, Buffer.from([0x3f, 0xff, 0xff, 0x7f]))],
    9,
  ],
  ['a number without an end', [frame(FrameType.HEADERS, END_HEADERS, 5, Buffer.alloc(9, 0xff))], 9],
  [
    'text that is not of the code',
    [frame(FrameType.HEADERS, END_HEADERS, 5, Buffer.from([0x40, 0x84, 255, 255, 255, 255]))],
    9,
  ],
  ['more padding than there is', [frame(FrameType.HEADERS, END_HEADERS | 8, 5, Buffer.from([200, 0x82]))], 1],
  [
    'headers that something else interrupts',
    [frame(FrameType.HEADERS, 0, 5, Buffer.from([0x82])), frame(FrameType.PING, 0, 0, Buffer.alloc(8))],
    1,
  ],
  ['a continuation of nothing', [frame(FrameType.CONTINUATION, END_HEADERS, 5, Buffer.from([0x82]))], 1],
  ['a frame that is too long', [frame(FrameType.HEADERS, END_HEADERS, 5, Buffer.alloc(16_385, 0x82))], 6],
  [
    'a block of too many frames',
    [
      frame(FrameType.HEADERS, 0, 5, Buffer.from([0x82])),
      ...Array.from({ length: 9 }, () => frame(FrameType.CONTINUATION, 0, 5)),
    ],
    2,
  ],
  ['a message without a call', [frame(FrameType.DATA, END_STREAM, 5, Buffer.alloc(5))], 1],
] as const;
test.each(unreadable)('%s ends the connection, whether a call was refused or not', async (_, words, code) => {
  for (const refused of [
    [],
    [
      request(
        3,
        [
          ['refuse', 'req-1'],
          ['stored', 'x'],
        ],
        0x40,
      ),
    ],
  ]) {
    const stage = gateStage({ foresee: refuseAsked });
    const got = await begun(stage);
    stage.wire.write(Buffer.concat([...refused, ...words, request(7, [])]));
    await expect.poll(() => goaway(Buffer.concat(got))).toBe(code);
    expect(stage.passed).toHaveLength(1);
    stage.wire.destroy();
  }
});

/** Where the frames begin. */
function framesIn(bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) places.push(at);
  return places;
}

function typesOf(bytes: Buffer): number[] {
  return framesIn(bytes).map((at) => bytes[at + 3]!);
}

/** The code of the GOAWAY that came. */
function goaway(bytes: Buffer): number | undefined {
  const place = framesIn(bytes).find((at) => bytes[at + 3] === FrameType.GOAWAY);
  return place === undefined ? undefined : bytes.readUInt32BE(place + 13);
}

test('headers may be spread over several frames, whether their call is refused or not', async () => {
  const stage = gateStage({ foresee: refuseAsked });
  const got = await begun(stage);
  stage.wire.write(
    spread(
      3,
      [
        ['refuse', 'req-1'],
        ['long', 'x'.repeat(20_000)],
      ],
      0x40,
    ),
  );
  stage.wire.write(
    spread(
      5,
      [
        ['long', 'y'.repeat(20_000)],
        ['more', 'z'],
      ],
      0x40,
    ),
  );
  await expect.poll(() => stage.passed.length).toBe(2);
  expect(own(stage.passed[1]!.headers)).toEqual({ long: 'y'.repeat(20_000), more: 'z' });
  expect(Buffer.concat(got).includes('req-1')).toBe(true);
  stage.wire.destroy();
});

test('a session that was told to close ignores new calls, so they are not refused either', async () => {
  const stage = gateStage({ foresee: refuseAsked });
  const got = await begun(stage);
  // It waits for this one.
  stage.wire.write(request(3, [], 0x00, END_HEADERS));
  await expect.poll(() => stage.passed.length).toBe(2);
  stage.closeSession();
  stage.wire.write(request(5, [['refuse', 'req-1']]));
  stage.wire.write(frame(FrameType.DATA, END_STREAM, 3, Buffer.alloc(1)));
  await once(stage.wire, 'end');
  expect(Buffer.concat(got).includes('req-1')).toBe(false);
});

/** A client has begun; what it gets from now on. */
async function begun(stage: GateStage): Promise<Buffer[]> {
  const got: Buffer[] = [];
  stage.wire.on('data', (chunk: Buffer) => got.push(chunk));
  speak(stage);
  await expect.poll(() => stage.passed.length).toBe(1);
  await new Promise(setImmediate);
  return got;
}

/** As a client begins, with one call. */
function speak({ wire }: GateStage): void {
  wire.write(Buffer.concat([Buffer.from(HTTP2_PREFACE), frame(FrameType.SETTINGS, 0, 0), request(1, [])]));
}

/** The first call has its answer. */
async function answered({ wire, passed }: GateStage): Promise<void> {
  wire.resume();
  await expect.poll(() => passed.length).toBe(1);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

/** A call. `kind`: 0x40 if its headers are stored. */
function request(
  id: number,
  own: readonly (readonly [string, string])[],
  kind = 0x00,
  flags = END_HEADERS | END_STREAM,
): Buffer {
  return frame(FrameType.HEADERS, flags, id, block(own, kind));
}

function spread(id: number, own: readonly (readonly [string, string])[], kind: number): Buffer {
  const whole = block(own, kind);
  const cuts = [whole.subarray(0, 7), whole.subarray(7, 12_000), whole.subarray(12_000)];
  return Buffer.concat(
    cuts.map((piece, i) =>
      frame(
        i === 0 ? FrameType.HEADERS : FrameType.CONTINUATION,
        i === 2 ? END_HEADERS : i === 0 ? END_STREAM : 0,
        id,
        piece,
      ),
    ),
  );
}

function block(own: readonly (readonly [string, string])[], kind: number): Buffer {
  const literals = own.map(([name, value]) => {
    const literal = passingHeader(name, value);
    literal[0] = kind;
    return literal;
  });
  return Buffer.concat([Buffer.from([0x83, 0x84, 0x86, 0x01, 0x01, 0x78]), ...literals]);
}
