import { expect, test } from 'vitest';
import { batchStatement } from '../../../src/store/connection/statement.js';
import { merchantFaults } from '../../support/statements/names-merchant.js';
import { merchantTables } from '../../support/statements/read-all.js';

test('the merchants’ tables are all that have a merchant, but for the two that are on each node', () => {
  expect([...merchantTables].sort()).toEqual([
    'holds',
    'idempotency_keys',
    'import_lines',
    'imports',
    'inventory_records',
    'log_carried',
    'log_prunes',
    'movement_log',
    'order_carried',
    'stock_levels',
  ]);
});

const none = 'no merchant_id = $n';

test.each<[string, string[]]>([
  ['SELECT 1 FROM merchants', []],
  ['SELECT merchant_id FROM merchants WHERE merchant_id > $1', []],
  ['SELECT 1 FROM holds WHERE merchant_id = $1', []],
  ['SELECT 1 FROM "holds" "h" WHERE h.merchant_id = $3', []],
  ['SELECT 1 FROM holds AS h WHERE merchant_id = $1 AND qty = $2', []],
  ['SELECT 1 FROM holds', [`holds : ${none}`]],
  ['SELECT 1 FROM holds WHERE merchant_id = ANY ($1)', [`holds : ${none}`]],
  ["SELECT 1 FROM holds WHERE merchant_id || '' = $1", [`holds : ${none}`]],
  ["SELECT 1 FROM holds WHERE merchant_id = 'mer_1'", [`holds : ${none}`]],
  ['SELECT 1 FROM holds AS h WHERE other.merchant_id = $1', [`holds h: ${none}`]],
  [
    'SELECT 1 FROM holds AS h JOIN imports AS i ON i.merchant_id = h.merchant_id WHERE h.merchant_id = $1',
    [`imports i: ${none}`],
  ],
  ['SELECT 1 FROM holds WHERE merchant_id = $1 AND EXISTS (SELECT FROM imports)', [`imports : ${none}`]],
  ['SELECT (SELECT 1 FROM holds WHERE merchant_id = $1) FROM imports', [`imports : ${none}`]],
  [
    'SELECT 1 FROM holds AS h, (SELECT 1 FROM imports WHERE merchant_id = $2) AS i WHERE h.merchant_id = $1',
    ['several merchants: $2 $1'],
  ],
  [
    'UPDATE holds AS h SET qty = 1 FROM unnest($1) AS n WHERE h.merchant_id = n.merchant_id',
    [`holds h: ${none}`],
  ],
  ['UPDATE holds AS h SET qty = 1 FROM unnest($1) AS n WHERE h.merchant_id = $2', []],
  ['DELETE FROM holds AS h USING unnest($1) AS n WHERE h.merchant_id = $2', []],
  ['DELETE FROM holds USING imports AS i WHERE merchant_id = $2', [`imports i: ${none}`]],
  ['INSERT INTO holds (merchant_id, qty) VALUES ($1, 2)', []],
  ['INSERT INTO holds (merchant_id, qty) VALUES ($1, coalesce($2, 0)), ($1, 3)', []],
  ['INSERT INTO holds (merchant_id, qty) VALUES ($1, 2), ($2, 3)', ['several merchants: $1 $2']],
  ["INSERT INTO holds (merchant_id, qty) VALUES ($1, 2), ('mer_1', 3)", [`holds new: ${none}`]],
  ['INSERT INTO holds AS h (merchant_id, qty) VALUES ($1, 2) ON CONFLICT (merchant_id) DO NOTHING', []],
  ['INSERT INTO holds (qty, merchant_id) VALUES ($1, 2)', [`holds new: ${none}`]],
  ['INSERT INTO holds (merchant_id) SELECT n.merchant_id FROM unnest($1) AS n', ['holds new: by a SELECT']],
  [
    'INSERT INTO holds (merchant_id) SELECT i.merchant_id FROM unnest($1) AS n JOIN imports AS i ON true WHERE i.merchant_id = $2',
    ['holds new: by a SELECT'],
  ],
])('%s → %j', (text, faults) => {
  expect(merchantFaults(text, merchantTables)).toEqual(faults);
});

test('a batch’s statement has its merchant behind its other parameters', () => {
  const statement = batchStatement({
    name: 's',
    text: ({ only, either }) => `SELECT 1 WHERE a = $1 AND b = $2 ${only('m')} ${either('any', 'one')}`,
  });
  expect(statement).toEqual({
    name: 's',
    text: 'SELECT 1 WHERE a = $1 AND b = $2  any',
    ofMerchant: { name: 's_of_merchant', text: 'SELECT 1 WHERE a = $1 AND b = $2 AND m = $3 one' },
  });
});
