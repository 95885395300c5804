import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Roster } from '../../../../../src/collections/roster.js';
import type { HttpResponse } from '../../../../../src/transcoding/index.js';
import { cutWhenStalled, cutWhenUnread } from '../../../../../src/transport/http/connections/cut-stalled.js';
import { UnreadAnswers } from '../../../../../src/transport/http/connections/unread-answers.js';
import { type Client, mount, protocols } from '../../../transcoding/clients.js';

/** Readers who stop, by a faked clock of the server. Node's own timers do not use it. */

const plenty = Buffer.alloc(32 * 1024 * 1024, 'x');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});

describe.each(protocols)('over %s', (protocol) => {
  let client: Client;
  let response: ServerResponse;
  let body: Readable;
  let cut: boolean;
  afterEach(async () => {
    vi.useRealTimers();
    await client.close();
  });

  /** A response to a reader who reads nothing, larger than all buffers on the way. */
  async function fill(watch: (response: HttpResponse) => void): Promise<void> {
    client = await mount(protocol, {
      listener: (_, answer) => {
        response = answer as ServerResponse;
        cut = false;
        response.on('close', () => {
          cut = response === answer;
        });
        response.on('error', () => {});
        response.writeHead(200);
        watch(answer);
        response.write(plenty);
      },
    });
    ({ body } = await client.open('/'));
    body.on('error', () => {});
    body.pause();
  }

  test('an answer that nobody reads is cut off in the time that its bytes take', async () => {
    const answers = new Roster<ServerResponse>();
    const unread = new UnreadAnswers(answers, 5000);
    await fill((answer) => {
      answers.add(answer as ServerResponse);
      setImmediate(() => response.end());
    });
    unread.start();
    // 32 MiB at 16 KiB a second take 2048 seconds, and 5 more are allowed.
    await passTime(2_000_000);
    expect(cut).toBe(false);
    await passTime(60_000);
    expect(cut).toBe(true);
    unread.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  const passTime = async (ms: number): Promise<void> => {
    vi.advanceTimersByTime(ms);
    await turns(20);
  };

  async function readAll(): Promise<string> {
    let end = '';
    for await (const chunk of body) end = (end + chunk).slice(-10);
    return end;
  }

  describe('one who leaves what was sent unread', () => {
    test('is given up after their time, once, and reads what is said then', async () => {
      const stalls: number[] = [];
      await fill((answer) =>
        cutWhenStalled(answer, 5000, () => {
          stalls.push(performance.now());
          response.end('last words');
        }),
      );
      const begun = performance.now();
      await passTime(5000);
      expect(stalls).toEqual([]);
      // The stall was first seen at the look after half a second.
      await passTime(500);
      expect(stalls).toEqual([begun + 5500]);
      expect(cut).toBe(false);
      expect(await readAll()).toBe('last words');
      await passTime(10_000);
      expect(stalls).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    });

    test('is cut off when they do not come back within the same time again', async () => {
      await fill((answer) => cutWhenStalled(answer, 5000, () => response.end('last words')));
      await passTime(10_499);
      expect(cut).toBe(false);
      await passTime(1);
      expect(cut).toBe(true);
      expect(await readAll().catch(() => 'broken')).not.toBe('last words');
      expect(vi.getTimerCount()).toBe(0);
    });

    test('is not, while they read at all: each read restarts the time', async () => {
      const onStall = vi.fn();
      await fill((answer) => cutWhenStalled(answer, 5000, onStall));
      for (let i = 0; i < 3; i++) {
        await passTime(5000);
        const drained = new Promise((resolve) => response.once('drain', resolve));
        body.resume();
        await drained;
        body.pause();
        await passTime(1000);
        response.write(plenty);
      }
      expect(onStall).not.toHaveBeenCalled();
    });
  });

  test('a door that closes cuts off those who have taken nothing since it last looked', async () => {
    await fill((answer) => cutWhenUnread(answer, 1000));
    await passTime(1000);
    expect(cut).toBe(false);
    await passTime(1000);
    expect(cut).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('answers that wait for their readers', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  // [MiB that wait on each connection, which of them are cut off]
  test.each<[string, number[][], number[][]]>([
    ['a large one alone', [[100]], [[]]],
    ["what is over a connection's bound", [[20, 10, 10, 1]], [[2]]],
    [
      'other connections',
      [
        [20, 20],
        [20, 1],
      ],
      [[1], []],
    ],
    ["more than the port's bound: the connection with the most", [[30], [60], [50]], [[], [0], []]],
  ])('%s', (_, waiting, expected) => {
    const cut = waiting.map((): number[] => []);
    const answers = new Roster<ServerResponse>();
    for (const [connection, sizes] of waiting.entries()) {
      const socket = {};
      for (const [i, mib] of sizes.entries()) {
        const destroy = () => cut[connection]!.push(i);
        answers.add({ socket, writableLength: mib * 1024 * 1024, writableEnded: true, destroy } as never);
      }
    }
    const unread = new UnreadAnswers(answers, 5000);
    unread.start();
    vi.advanceTimersByTime(250);
    unread.stop();
    expect(cut).toEqual(expected);
  });
});

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}
