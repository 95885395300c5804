import { describe, expect } from 'vitest';
import { HoldSweep } from '../../src/engine/hold-sweep.js';
import { NodeSilent, SilentNodes } from '../../src/store/connection/silent-nodes.js';
import { batchStatement } from '../../src/store/connection/statement.js';
import { ReadPool } from '../../src/store/reads/read-pool.js';
import { PATIENT, withProxy } from '../support/engine-fixtures.js';
import { NEVER, Shelf } from '../support/engine-stage.js';
import type { FaultEffect } from '../support/tcp-proxy.js';

/** Nodes of a cluster that fall silent. The proxy is the way to them; what Citus tells of them is made up here. */

const CITUS = `
  CREATE TABLE pg_dist_node (nodename text, nodeport int, isactive boolean, noderole text, groupid int);
  INSERT INTO pg_dist_node VALUES
    ('coordinator', 5432, true, 'primary', 0), ('one', 5432, true, 'primary', 1), ('two', 5432, true, 'primary', 2);
  CREATE TABLE node_states (nodename text, takes boolean, after_ms int);
  CREATE FUNCTION citus_check_connection_to_node(node text, port int) RETURNS boolean LANGUAGE sql AS $$
    SELECT takes FROM (SELECT takes, pg_sleep(after_ms / 1000.0) FROM node_states WHERE nodename = node) AS n $$;
  CREATE TABLE merchant_places (merchant_id text PRIMARY KEY, shardid bigint);
  CREATE FUNCTION get_shard_id_for_distribution_column(tables text, merchant text) RETURNS bigint LANGUAGE sql AS $$
    SELECT shardid FROM merchant_places WHERE merchant_id = merchant $$;
  CREATE TABLE pg_dist_shard_placement (shardid bigint, nodename text, nodeport int);
  INSERT INTO pg_dist_shard_placement VALUES (1, 'one', 5432), (2, 'two', 5432);`;

const SILENT = { takes: false, afterMs: 1000 };
const WELL = { takes: true, afterMs: 0 };
const REFUSES = { takes: false, afterMs: 0 };

const test = withProxy
  .extend('citus', { scope: 'file' }, async ({ database }) => {
    await database.query(CITUS);
    return {
      make: async (node: string, { takes, afterMs }: typeof WELL) => {
        await database.query('DELETE FROM node_states WHERE nodename = $1', [node]);
        await database.query('INSERT INTO node_states VALUES ($1, $2, $3)', [node, takes, afterMs]);
      },
      place: ({ merchantId }: Shelf, shard: 1 | 2) =>
        database.query('INSERT INTO merchant_places VALUES ($1, $2)', [merchantId, shard]),
    };
  })
  .extend('shelf', async ({ database, dataSource, citus }) => {
    const shelf = await new Shelf(database, dataSource).fill();
    await citus.place(shelf, 1);
    return shelf;
  })
  /** Of a merchant on the other node. */
  .extend('elsewhere', async ({ database, dataSource, citus }) => {
    const shelf = await new Shelf(database, dataSource).fill();
    await citus.place(shelf, 2);
    return shelf;
  })
  .extend('watch', ({ database }, { onCleanup }) => () => {
    const changes: string[] = [];
    const nodes = new SilentNodes({
      url: database.url,
      connectTimeoutMs: 5000,
      onChange: (node, isSilent) => changes.push(`${node} ${isSilent ? 'is silent' : 'answers'}`),
    });
    onCleanup(() => nodes.close());
    return { nodes, changes };
  })
  .extend('engine', async ({ startBehind, watch, citus }) => {
    await citus.make('one', WELL);
    await citus.make('two', WELL);
    const started = await startBehind({
      role: 'changes_of_merchant',
      limits: { engineLanes: 1, straysMax: 1, rowsAwaitedMax: 1 },
      database: { poolConnectionsMax: 3, ...PATIENT.database },
    });
    const { nodes, changes } = watch();
    nodes.guard(started.dataSource);
    return Object.assign(started, { nodes, changes });
  });

describe('a node that takes no connections', () => {
  test('what waits for it is given up, calls for it are refused at once, others go on', async ({
    engine,
    shelf,
    elsewhere,
    proxy,
    citus,
  }) => {
    await citus.make('one', SILENT);
    const broken = proxy.failNext('keep_place', 'swallow');
    const first = engine.submit(shelf.reserve(1));
    await broken;
    // There is one lane, and one place for a batch in trouble.
    expect(await engine.submit(elsewhere.reserve(1))).toEqual(['1 reserved']);
    expect(await first).toEqual(['DATABASE_UNAVAILABLE']);
    expect(engine.nodes.count).toBe(1);

    const unsent = proxy.failNext('keep_place', 'swallow');
    expect(await engine.submit(shelf.reserve(1), shelf.reserve(1, { id: 'inv_2' }))).toEqual([
      'DATABASE_UNAVAILABLE',
      'DATABASE_UNAVAILABLE',
    ]);
    expect(await Promise.race([unsent, 'nothing was sent'])).toBe('nothing was sent');
    proxy.comeBack();
    // Settings are on all nodes.
    const settings = elsewhere.submission({ kind: 'update_settings', defaultTtlSeconds: 60 });
    expect(await engine.submit(settings)).toEqual(['DATABASE_UNAVAILABLE']);

    await citus.make('one', WELL);
    await expect.poll(() => engine.nodes.count, { timeout: 5000 }).toBe(0);
    expect(await engine.submit(shelf.reserve(2), settings)).toEqual(['2 reserved', 'done']);
    expect(engine.changes).toEqual(['one:5432 is silent', 'one:5432 answers']);
    expect(await shelf.happened()).toEqual({ reserved: [2, 0], entries: 1, keys: 0 });
  });

  test.for<[FaultEffect, number]>([
    ['swallow', 0],
    ['hush', 1],
  ])(
    'at a COMMIT (%s): the caller is not told either way',
    async ([effect, entries], { engine, shelf, elsewhere, proxy, citus }) => {
      await citus.make('one', SILENT);
      const broken = proxy.failNext('COMMIT', effect);
      const answer = engine.submit(shelf.reserve(3, { key: 'k' }));
      await broken;
      expect(await answer).toEqual(['DATABASE_UNAVAILABLE']);
      expect(await engine.submit(elsewhere.reserve(1))).toEqual(['1 reserved']);
      await citus.make('one', WELL);
      await expect.poll(() => engine.nodes.count, { timeout: 5000 }).toBe(0);
      // The record is not waited for in vain: the lost connection's transaction has ended.
      await expect
        .poll(() => engine.submit(shelf.reserve(3, { key: 'k' })), { timeout: 5000 })
        .toEqual([entries === 0 ? '3 reserved' : '3 reserved!']);
      expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
    },
  );

  test('commands that wait for a record there are refused, too', async ({
    engine,
    shelf,
    session,
    proxy,
    citus,
  }) => {
    await session.run('BEGIN');
    await session.lockRecord(shelf.merchantId, 'inv_1');
    const waiting = engine.submit(shelf.reserve(1));
    await expect.poll(() => engine.engine.recordsAwaited).toBe(1);
    await citus.make('one', SILENT);
    const broken = proxy.failNext('find_free_stock_levels', 'swallow');
    await broken;
    expect(await waiting).toEqual(['DATABASE_UNAVAILABLE']);
    expect(engine.engine.recordsAwaited).toBe(0);
    await session.run('COMMIT');
  });

  test('reads and sweeps do not ask it', async ({ engine, shelf, elsewhere, proxy, citus }) => {
    await citus.make('one', SILENT);
    void proxy.failNext('keep_place', 'swallow');
    expect(await engine.submit(shelf.reserve(1))).toEqual(['DATABASE_UNAVAILABLE']);
    const pool = new ReadPool(engine.dataSource, { readPoolConnectionsMax: 1, readsWaitingMax: 10 });
    const { merchantId } = shelf;
    const count = (of: string): Promise<{ records: number }[]> => pool.reader(of, NEVER).rows(COUNT, [of]);
    const reads = [count(merchantId), count(elsewhere.merchantId), count(merchantId)];
    expect(await Promise.allSettled(reads)).toMatchObject([
      { reason: expect.any(NodeSilent) },
      { value: [{ records: 2 }] },
      { reason: expect.any(NodeSilent) },
    ]);
    const sweep = new HoldSweep(engine.dataSource);
    await engine.submit(elsewhere.reserve(1, { ttlSeconds: 60 }));
    await elsewhere.passSeconds(61);
    expect(await sweep.sweep(() => false)).toBe(1);
  });
});

const COUNT = batchStatement({
  name: 'count_records',
  text: () => 'SELECT count(*)::int AS records FROM stock_levels WHERE merchant_id = $1',
});

test('a node is silent until the cluster no longer has it, though nobody asks for it', async ({
  database,
  engine,
  citus,
}) => {
  await citus.make('two', SILENT);
  await engine.dataSource.query('SELECT pg_sleep(3)').catch(() => {});
  expect(engine.changes).toEqual(['two:5432 is silent']);
  await database.query("UPDATE pg_dist_node SET isactive = false WHERE nodename = 'two'");
  await expect.poll(() => engine.nodes.count, { timeout: 5000 }).toBe(0);
  await database.query('UPDATE pg_dist_node SET isactive = true');
});

test('where there is no cluster, no node is silent', async ({ database, engine, citus }) => {
  await citus.make('one', SILENT);
  await database.query('ALTER TABLE pg_dist_node RENAME TO no_nodes');
  await engine.dataSource.query('SELECT pg_sleep(2)');
  expect(engine.changes).toEqual([]);
  await database.query('ALTER TABLE no_nodes RENAME TO pg_dist_node');
});

test('a node that refuses connections, or is only slow, is not silent', async ({ engine, shelf, citus }) => {
  await citus.make('one', REFUSES);
  // Both nodes are asked meanwhile.
  await engine.dataSource.query('SELECT pg_sleep(2)');
  expect(await engine.submit(shelf.reserve(1))).toEqual(['1 reserved']);
  expect(engine.changes).toEqual([]);
});
