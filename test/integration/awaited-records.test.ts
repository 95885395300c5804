import { describe, expect } from 'vitest';
import { inTransaction, type Transaction } from '../../src/store/connection/transaction.js';
import { awaitStockLevel, lockStockLevels } from '../../src/store/tables/stock-levels.js';
import { test } from '../support/engine-fixtures.js';
import { untilWaiting } from '../support/waiting.js';

const lockTimeout = (tx: Transaction) =>
  tx.read({ name: 'lock_timeout', text: 'SHOW lock_timeout' }, []).then(([row]) => row);

test.beforeEach(({ database, shelf }) =>
  database.query(
    "UPDATE stock_levels SET next_expiry_at = now() + interval '1 hour' WHERE merchant_id = $1",
    [shelf.merchantId],
  ),
);

describe('a record that somebody else has', () => {
  // A transaction that rolls back leaves the row as it was, so the server does not look at it again.
  test.for([
    ['in line', 'ROLLBACK'],
    ['in line', 'COMMIT'],
    ['in key order', 'ROLLBACK'],
    ['in key order', 'COMMIT'],
  ] as const)(
    'waited for %s, until a %s: its clock is from behind the lock',
    async ([how, end], { database, dataSource, session, shelf }) => {
      const key = { merchantId: shelf.merchantId, id: 'inv_1' };
      await session.run('BEGIN');
      await session.run(
        'UPDATE stock_levels SET revision = revision + 1 WHERE merchant_id = $1 AND id = $2',
        [key.merchantId, key.id],
      );
      const [before] = await database.query<{ revision: number }>(
        'SELECT revision::int FROM stock_levels WHERE merchant_id = $1 AND id = $2',
        [key.merchantId, key.id],
      );
      const locked = inTransaction(dataSource, (tx) =>
        how === 'in line' ? awaitStockLevel(tx, key) : lockStockLevels(tx, [key]).then(([row]) => row),
      );
      await untilWaiting(database);
      const [clock] = await database.query<{ ms: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
      );
      await session.run(end);
      const row = await locked;
      expect(row!.readAtMs).toBeGreaterThanOrEqual(Math.floor(clock!.ms));
      expect(row!.stock.revision).toBe(before!.revision + (end === 'COMMIT' ? 1 : 0));
    },
  );

  test('in line for half a second at most', async ({ database, dataSource, session, shelf }) => {
    const key = { merchantId: shelf.merchantId, id: 'inv_1' };
    await session.run('BEGIN');
    await session.lockRecord(key.merchantId, key.id);
    const locked = inTransaction(dataSource, (tx) => awaitStockLevel(tx, key));
    const refused = expect(locked).rejects.toMatchObject({ code: '55P03' });
    await untilWaiting(database);
    await refused;
    await session.run('ROLLBACK');
  });
});

test('a record that is free, or does not exist', async ({ dataSource, shelf }) => {
  const { merchantId } = shelf;
  const [free, timeout, missing] = await inTransaction(dataSource, (tx) =>
    Promise.all([
      awaitStockLevel(tx, { merchantId, id: 'inv_1' }),
      lockTimeout(tx),
      awaitStockLevel(tx, { merchantId, id: 'missing' }),
    ]),
  );
  expect(free).toMatchObject({ merchantId, stock: { id: 'inv_1', onHandQty: 200, reservedQty: 0 } });
  expect(missing).toBeUndefined();
  // For other locks than the record's.
  expect(timeout).toEqual({ lock_timeout: '200ms' });
});
