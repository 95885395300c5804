import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { inTransaction } from '../../src/store/connection/transaction.js';
import { test } from '../support/fixtures.js';

const FAILS = { name: 'fails', text: 'SELECT 1 / 0' };
const ONE = { name: 'one', text: 'SELECT 1' };

test('the first failure is told, even to those who hear of a later one first', async ({ dataSource }) => {
  const told = inTransaction(dataSource, (tx) => {
    const late = tx.read(FAILS, []).catch(async (error) => {
      await sleep(20);
      throw error;
    });
    return Promise.all([late, tx.read(ONE, [])]);
  });
  await expect(told).rejects.toMatchObject({ code: '22012' });
});

test('a failed write behind which a read is refused', async ({ dataSource }) => {
  const told = inTransaction(dataSource, (tx) => {
    tx.write(FAILS, []);
    return tx.read(ONE, []);
  });
  await expect(told).rejects.toMatchObject({ code: '22012' });
});
