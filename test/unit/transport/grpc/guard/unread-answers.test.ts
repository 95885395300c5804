import type { ServerHttp2Stream } from 'node:http2';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../../../src/transport/grpc/guard/connections.js';
import { UnreadAnswers } from '../../../../../src/transport/grpc/guard/unread-answers.js';

const MIB = 1024 * 1024;

class Reader {
  isCut = false;
  readonly #streams: { writableLength: number; closed: boolean; close(): void }[] = [];
  readonly #answers: UnreadAnswers;

  constructor(answers: UnreadAnswers) {
    this.#answers = answers;
  }

  cut(): void {
    this.isCut = true;
  }

  sent(bytes: number): void {
    const stream = { writableLength: bytes, closed: false, close: () => {} };
    this.#streams.push(stream);
    this.#answers.sent(this as unknown as Connection, stream as unknown as ServerHttp2Stream);
  }

  /** Reads all that was sent. */
  read(): void {
    for (const stream of this.#streams.splice(0)) {
      stream.writableLength = 0;
      this.#answers.through(stream as unknown as ServerHttp2Stream);
    }
  }
}

function readers(count: number): Reader[] {
  const answers = new UnreadAnswers(60_000);
  return Array.from({ length: count }, () => new Reader(answers));
}

describe('a connection', () => {
  test('that leaves more than 32 MiB unread is cut off, and no other', () => {
    const [greedy, other] = readers(2) as [Reader, Reader];
    other.sent(31 * MIB);
    for (let i = 0; i < 31; i++) greedy.sent(MIB);
    expect([greedy.isCut, other.isCut]).toEqual([false, false]);
    for (let i = 0; i < 2; i++) greedy.sent(MIB);
    expect([greedy.isCut, other.isCut]).toEqual([true, false]);
  });

  test('that leaves many tiny answers unread is cut off: each counts for more than its bytes', () => {
    const [greedy] = readers(1) as [Reader];
    for (let i = 0; i < 9000; i++) greedy.sent(5);
    expect(greedy.isCut).toBe(true);
  });

  test('that reads what it asks for is never cut off, however much that is', () => {
    const [fast] = readers(1) as [Reader];
    for (let i = 0; i < 1000; i++) {
      fast.sent(10 * MIB);
      fast.read();
    }
    expect(fast.isCut).toBe(false);
  });
});

test('beyond 128 MiB of all, the one that leaves most is cut off', () => {
  const all = readers(8);
  for (const [i, reader] of all.entries()) reader.sent((12 + i) * MIB);
  expect(all.map(({ isCut }) => isCut)).toEqual([false, false, false, false, false, false, false, false]);
  all[0]!.sent(8 * MIB);
  expect(all.map(({ isCut }) => isCut)).toEqual([true, false, false, false, false, false, false, false]);
});

test('a stream that is answered twice counts once, and leaves nothing behind when it is closed', () => {
  let cuts = 0;
  const connection = { cut: () => cuts++ } as unknown as Connection;
  const stream = { writableLength: 20 * MIB, closed: false, close: () => {} };
  const answers = new UnreadAnswers(60_000);
  for (let i = 0; i < 2; i++) answers.sent(connection, stream as unknown as ServerHttp2Stream);
  expect(cuts).toBe(0);
  stream.closed = true;
  answers.through(stream as unknown as ServerHttp2Stream);
  answers.look(0);
  expect(cuts).toBe(0);
});
