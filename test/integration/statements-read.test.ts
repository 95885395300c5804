import { expect } from 'vitest';
import { findNextDueMs } from '../../src/store/tables/expired-holds.js';
import { test } from '../support/fixtures.js';
import { wasRead } from '../support/statements/read-all.js';

test('a statement that the store sends through TypeORM is read', async ({ dataSource }) => {
  expect(await findNextDueMs(dataSource, 'mer_nobody')).toBeUndefined();
  expect(wasRead('FROM next_expiry_at - statement_timestamp()')).toBe(true);
});

test('a statement of the tests themselves is not', async ({ dataSource }) => {
  await dataSource.query('SELECT count(*) FROM holds AS of_a_test');
  expect(wasRead('of_a_test')).toBe(false);
});
