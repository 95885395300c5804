import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ChangeChannel } from '../../src/store/connection/change-channel.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** News between processes by LISTEN and NOTIFY. To the database, each channel is a process of its own. */

interface Ear {
  readonly channel: ChangeChannel;
  /** Merchants; `*` stands for any merchant, and comes each time that the channel begins to listen. */
  readonly heard: string[];
  readonly errors: string[];
}

let database: TestDatabase;
const open: ChangeChannel[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((channel) => channel.close()));
  await until('no connection', async () => (await backends()).length === 0);
});
afterAll(() => database.drop());

async function backends(): Promise<number[]> {
  const rows = await database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
      WHERE application_name = 'holdfast-changes' AND datname = current_database() ORDER BY backend_start`,
  );
  return rows.map(({ pid }) => pid);
}

async function listen(url = database.url, connectTimeoutMs = 2000): Promise<Ear> {
  const heard: string[] = [];
  const errors: string[] = [];
  const channel = new ChangeChannel({
    url,
    connectTimeoutMs,
    reconnectIntervalMs: 50,
    onChange: (merchantId) => heard.push(merchantId ?? '*'),
    onError: (error) => errors.push(error.message),
    onPooler: () => {},
  });
  open.push(channel);
  channel.open();
  await until('a channel that listens', () => heard.length > 0);
  return { channel, heard, errors };
}

const notify = (payload: string) => database.query('SELECT pg_notify($1, $2)', ['holdfast_changes', payload]);
const hears = (ear: Ear, name: string) => until(`news of ${name}`, () => ear.heard.includes(name));

test('says that anything may have changed once it listens: it missed what was sent before', async () => {
  expect((await listen()).heard).toEqual(['*']);
});

test('tells all others, and not itself', async () => {
  const [a, b, c] = [await listen(), await listen(), await listen()];
  a.channel.send(['mer_1', 'mer_2']);
  b.channel.send(['mer_3']);
  await Promise.all([hears(c, 'mer_2'), hears(c, 'mer_3'), hears(b, 'mer_2'), hears(a, 'mer_3')]);
  expect(a.heard).toEqual(['*', 'mer_3']);
  expect(b.heard).toEqual(['*', 'mer_1', 'mer_2']);
  expect(c.heard.toSorted()).toEqual(['*', 'mer_1', 'mer_2', 'mer_3']);
});

test('more merchants than fit into one message are heard as any merchant', async () => {
  const [a, b] = [await listen(), await listen()];
  a.channel.send(Array.from({ length: 1000 }, (_, i) => `merchant_${i}`));
  await until('news', () => b.heard.length > 1);
  expect(b.heard).toEqual(['*', '*']);
});

test('what is sent while another message is on its way goes with the next, and nothing is left out', async () => {
  const [a, b] = [await listen(), await listen()];
  const names = Array.from({ length: 500 }, (_, i) => `m${i}`);
  for (const name of names) a.channel.send([name]);
  await hears(b, 'm499');
  expect(b.heard.slice(1)).toEqual(names);
});

// [what another program writes on the channel, what is heard]
test.each([
  ['', '*'],
  ['no JSON', '*'],
  ['{}', '*'],
  ['[1, 2]', '*'],
  ['["me"]', '*'],
  ['["me", "mer_9"]', 'mer_9'],
])('%j is heard as %s', async (payload, expected) => {
  const ear = await listen();
  await notify(payload);
  await until('news', () => ear.heard.length > 1);
  expect(ear.heard).toEqual(['*', expected]);
});

describe('comes back', () => {
  test('when its backend is ended, and says that anything may have changed', async () => {
    const ear = await listen();
    for (let times = 1; times <= 2; times++) {
      const [pid] = await backends();
      await database.query('SELECT pg_terminate_backend($1)', [pid]);
      await until('a channel that listens', () => ear.heard.length === times + 1);
      expect(await backends()).toHaveLength(1);
    }
    const other = await listen();
    ear.channel.send(['mer_1']);
    await hears(other, 'mer_1');
    expect(ear.heard).toEqual(['*', '*', '*']);
  });

  test('when the database does, after any number of tries; what was sent in the meantime is lost', async () => {
    const { proxy, url } = await TcpProxy.start(database.url);
    try {
      const [ear, other] = [await listen(url), await listen()];
      proxy.goDown();
      await until('attempts', () => ear.errors.length >= 2);
      ear.channel.send(['lost']);
      proxy.comeBack();
      await until('a channel that listens', () => ear.heard.length === 2);
      ear.channel.send(['mer_1']);
      await hears(other, 'mer_1');
      expect(other.heard).toEqual(['*', 'mer_1']);
      await ear.channel.close();
    } finally {
      await proxy.close();
    }
  });

  test('when its connection falls silent: it is given up, and there is never a second one', async () => {
    const { proxy, url } = await TcpProxy.start(database.url);
    try {
      const ear = await listen(url, 500);
      const silent = proxy.failNext('holdfast_changes', 'hush');
      ear.channel.send(['mer_1']);
      await silent;
      for (let i = 0; i < 100; i++) ear.channel.send([`mer_${i}`]);
      await until('a channel that listens', () => ear.heard.length === 2);
      await until('one connection', async () => (await backends()).length === 1);
      await ear.channel.close();
    } finally {
      await proxy.close();
    }
  });
});

describe('closed', () => {
  test('it hears and tells nothing, and leaves no connection', async () => {
    const [a, b] = [await listen(), await listen()];
    await a.channel.close();
    a.channel.send(['mer_1']);
    b.channel.send(['mer_2']);
    const witness = await listen();
    b.channel.send(['mer_3']);
    await hears(witness, 'mer_3');
    expect([a.heard, b.heard]).toEqual([['*'], ['*']]);
    expect(await backends()).toHaveLength(2);
  });

  test('before it was connected, it never connects', async () => {
    const heard: unknown[] = [];
    const channel = new ChangeChannel({
      url: database.url,
      connectTimeoutMs: 2000,
      reconnectIntervalMs: 50,
      onChange: (merchantId) => heard.push(merchantId),
      onError: () => {},
      onPooler: () => {},
    });
    channel.open();
    await channel.close();
    await until('no connection', async () => (await backends()).length === 0);
    expect(heard).toEqual([]);
  });
});
