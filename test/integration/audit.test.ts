import { describe, expect } from 'vitest';
import { audit } from '../../src/service/audit.js';
import { UnknownMerchant } from '../../src/service/unknown-merchant.js';
import { repairRecord } from '../../src/store/audit.js';
import { openDataSource } from '../support/data-source.js';
import { withLastingEngines } from '../support/engine-fixtures.js';
import { NEVER, Shelf } from '../support/engine-stage.js';
import { untilWaiting } from '../support/waiting.js';

const test = withLastingEngines
  .extend('check', ({ dataSource }) => async (merchantId?: string) => {
    return audit(dataSource, { merchantId, repair: false });
  })
  .extend('repair', ({ dataSource }) => async () => {
    return audit(dataSource, { repair: true });
  })
  /** Everything that is stored, as text. */
  .extend('tables', ({ database }) => async (): Promise<string> => {
    const rows = await Promise.all(
      ['stock_levels', 'inventory_records', 'holds', 'movement_log'].map((table) =>
        database.query(`SELECT to_json(t)::text AS row FROM ${table} AS t ORDER BY 1`),
      ),
    );
    return JSON.stringify(rows);
  });

test.beforeAll(async ({ database }) => {
  // The tables refuse such drift, but a restored backup can contain it.
  await database.query('ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_sound');
  await database.query('ALTER TABLE holds DROP CONSTRAINT holds_not_empty');
});
test.beforeEach(({ database }) =>
  database.query(
    'TRUNCATE merchants, api_keys, stock_levels, inventory_records, holds, movement_log, idempotency_keys',
  ),
);
// The shelf is filled after that. inv_1: 200 on hand, 5 reserved for A; inv_2: 200 on hand.
test.beforeEach(({ shelf, engine }) => engine.submit(shelf.reserve(5)));

const DRIFT: [string, string, string[]][] = [
  [
    'a counter too high',
    "UPDATE stock_levels SET reserved_qty = 7 WHERE id = 'inv_1'",
    ['7 units reserved, but holds add up to 5', '7 units reserved, but the log adds up to 5'],
  ],
  [
    'a counter too low',
    "UPDATE stock_levels SET reserved_qty = 0 WHERE id = 'inv_1'",
    ['0 units reserved, but holds add up to 5', '0 units reserved, but the log adds up to 5'],
  ],
  [
    'a counter below zero',
    "UPDATE stock_levels SET reserved_qty = -1 WHERE id = 'inv_1'",
    [
      '-1 units reserved of 200 on hand',
      '-1 units reserved, but holds add up to 5',
      '-1 units reserved, but the log adds up to 5',
    ],
  ],
  [
    'more reserved than on hand',
    "UPDATE stock_levels SET reserved_qty = 201 WHERE id = 'inv_1'",
    [
      '201 units reserved of 200 on hand',
      '201 units reserved, but holds add up to 5',
      '201 units reserved, but the log adds up to 5',
    ],
  ],
  [
    'a hold lost',
    'DELETE FROM holds',
    ['5 units reserved, but holds add up to 0', '0 units held for A, but the log adds up to 5'],
  ],
  [
    'a hold changed',
    'UPDATE holds SET qty = 6',
    ['5 units reserved, but holds add up to 6', '6 units held for A, but the log adds up to 5'],
  ],
  [
    'a hold from nowhere',
    `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
     SELECT merchant_id, 'inv_1', 'B', 1, 99 FROM merchants`,
    ['5 units reserved, but holds add up to 6', '1 unit held for B, but the log adds up to 0'],
  ],
  [
    'a log entry lost',
    "DELETE FROM movement_log WHERE actor = 'ann'",
    ['5 units reserved, but the log adds up to 0', '5 units held for A, but the log adds up to 0'],
  ],
  [
    'a log entry without the reference of the hold',
    "UPDATE movement_log SET reference = NULL WHERE actor = 'ann'",
    [
      '0 units held without a reference, but the log adds up to 5',
      '5 units held for A, but the log adds up to 0',
    ],
  ],
  [
    'a hold under another reference',
    "UPDATE holds SET reference = 'B'",
    ['0 units held for A, but the log adds up to 5', '5 units held for B, but the log adds up to 0'],
  ],
  [
    'units on hand changed',
    "UPDATE stock_levels SET on_hand_qty = 150 WHERE id = 'inv_1'",
    ['150 units on hand, but the log adds up to 200'],
  ],
  [
    'a revision gone back',
    "UPDATE stock_levels SET revision = 1 WHERE id = 'inv_1'",
    ['revision 1, but the log has revision 2'],
  ],
];

const ENDS = "UPDATE holds SET expires_at = '2100-01-02T03:04:05.678Z'";
const looksAt = (instant: string): string =>
  `${ENDS}; UPDATE stock_levels SET next_expiry_at = ${instant} WHERE id = 'inv_1'`;

/** The quantities are right. Only the instant from which expired holds are looked for is wrong. */
const LATE: [string, string, string[]][] = [
  [
    'a hold that ends, and nobody to look for it',
    looksAt('NULL'),
    ['a hold ends 2100-01-02T03:04:05.678Z, but nobody looks for it'],
  ],
  [
    'a hold that ends before anybody looks',
    looksAt("'2100-01-02T03:04:05.679Z'"),
    ['a hold ends 2100-01-02T03:04:05.678Z, but nobody looks before 2100-01-02T03:04:05.679Z'],
  ],
];

describe('what it finds', () => {
  test('nothing, where everything adds up', async ({ check }) => {
    expect(await check()).toEqual({ consistent: true, merchants: 1, records: 2, drift: [] });
  });

  test.for<[string, string]>([
    ['on time', looksAt("'2100-01-02T03:04:05.678Z'")],
    ['early', looksAt("'2100-01-01T00:00:00Z'")],
    ['with no hold that ends', "UPDATE stock_levels SET next_expiry_at = '2100-01-01T00:00:00Z'"],
  ])('nothing, where expired holds are looked for %s', async ([_, sql], { database, check }) => {
    await database.query(sql);
    expect(await check()).toEqual({ consistent: true, merchants: 1, records: 2, drift: [] });
  });

  test.for([...DRIFT, ...LATE])('%s', async ([_, sql, problems], { database, shelf, check, tables }) => {
    await database.query(sql);
    const before = await tables();
    const { merchantId } = shelf;
    expect(await check()).toMatchObject({
      consistent: false,
      merchants: 1,
      records: 2,
      drift: [{ merchantId, inventoryId: 'inv_1', problems, repaired: false }],
    });
    // An audit without repair changes nothing.
    expect(await tables()).toBe(before);
  });

  test('every record that drifted, and only those', async ({ database, dataSource, shelf, check }) => {
    const other = await new Shelf(database, dataSource).fill();
    await database.query("UPDATE stock_levels SET reserved_qty = 9 WHERE id = 'inv_2'");
    const report = await check();
    expect(report).toMatchObject({ consistent: false, merchants: 2, records: 4 });
    expect(report.drift.map((d) => `${d.merchantId} ${d.inventoryId}`).sort()).toEqual(
      [`${shelf.merchantId} inv_2`, `${other.merchantId} inv_2`].sort(),
    );
    // The audit of one merchant leaves out the others.
    await database.query('UPDATE stock_levels SET reserved_qty = 0 WHERE merchant_id = $1', [
      other.merchantId,
    ]);
    expect(await check(other.merchantId)).toEqual({ consistent: true, merchants: 1, records: 2, drift: [] });
    expect(await check()).toMatchObject({ consistent: false });
  });

  test('a merchant that does not exist is a mistake, not consistent', async ({ check }) => {
    await expect(check('mer_none')).rejects.toThrow(UnknownMerchant);
  });

  test('no merchants at all', async ({ database, check }) => {
    await database.query('TRUNCATE merchants, api_keys, stock_levels');
    expect(await check()).toEqual({ consistent: true, merchants: 0, records: 0, drift: [] });
  });

  test('no false alarm while the engine works', async ({ shelf, engine, check }) => {
    let working = true;
    const work = (async () => {
      for (let round = 0; round < 30; round++) {
        await Promise.all(
          [1, 2, 3].flatMap((qty) => [
            engine.submit(shelf.reserve(qty)),
            engine.submit(shelf.reserve(qty, { id: 'inv_2' })),
          ]),
        );
      }
      working = false;
    })();
    do expect(await check()).toMatchObject({ consistent: true, drift: [] });
    while (working);
    await work;
  });
});

/** As the version before wrote its entries: without figures, and a draw without a reference names no reference. */
describe('a log from before entries said whose units they took', () => {
  const OLD = 'UPDATE movement_log SET on_hand_qty = NULL, reserved_qty = NULL';
  const UNTOLD = `${OLD}, reference = CASE WHEN action = 'RESERVED' THEN reference END`;

  /** A: 5 reserved, of which a release without a reference took 2; B: 4 reserved. */
  test.beforeEach(async ({ shelf, engine }) => {
    await engine.submit(shelf.release('inv_1', 2));
    await engine.submit(shelf.reserve(4, { reference: 'B' }));
  });

  test('its draws are nobody’s drift, however the holds that were there go on', async ({
    database,
    shelf,
    engine,
    check,
  }) => {
    await database.query(UNTOLD);
    expect(await check()).toMatchObject({ consistent: true });
    await engine.submit(shelf.reserve(1));
    await engine.submit(shelf.release('inv_1', 3, 'A'));
    expect(await check()).toMatchObject({ consistent: true });
    // A process of the version before is still writing.
    await engine.submit(shelf.reserve(2, { reference: 'C' }));
    await engine.submit(shelf.release('inv_1', 3));
    await database.query(UNTOLD);
    expect(await check()).toMatchObject({ consistent: true });
  });

  test.for<[string, string, string[]]>([
    [
      'a reference that came later',
      "UPDATE holds SET reference = 'D' WHERE reference = 'B'",
      ['0 units held for B, but the log adds up to 4', '4 units held for D, but the log adds up to 0'],
    ],
    [
      'a hold that was opened later',
      'UPDATE movement_log SET reserved_delta = CASE revision WHEN 5 THEN -4 ELSE 4 END WHERE revision IN (5, 6)',
      ['3 units held for A, but the log adds up to 4'],
    ],
  ])(
    'what came after its last draw is checked: %s',
    async ([_, sql, problems], { database, shelf, engine, check, repair }) => {
      await database.query(UNTOLD);
      await engine.submit(shelf.release('inv_1', 3, 'A'));
      await engine.submit(shelf.reserve(3));
      expect(await check()).toMatchObject({ consistent: true });
      await database.query(sql);
      expect(await check()).toMatchObject({ consistent: false, drift: [{ inventoryId: 'inv_1', problems }] });
      expect(await repair()).toMatchObject({ consistent: true });
      expect(await check()).toMatchObject({ consistent: true });
    },
  );

  test('where no draw was untold, old entries are checked like new ones', async ({ database, check }) => {
    await database.query(OLD);
    expect(await check()).toMatchObject({ consistent: true });
    await database.query("UPDATE holds SET reference = 'D' WHERE reference = 'A'");
    const problems = [
      '0 units held for A, but the log adds up to 3',
      '3 units held for D, but the log adds up to 0',
    ];
    expect(await check()).toMatchObject({ consistent: false, drift: [{ problems }] });
  });

  test('a total that drifted is repaired, though nobody can tell whose units they were', async ({
    database,
    check,
    repair,
  }) => {
    await database.query(`${UNTOLD}; UPDATE holds SET qty = 6 WHERE reference = 'A'`);
    expect(await repair()).toMatchObject({ consistent: true, drift: [{ repaired: true }] });
    expect(await check()).toMatchObject({ consistent: true });
  });
});

describe('repair', () => {
  test.for(DRIFT)(
    '%s: counters follow the holds, and the log says so',
    async ([_, sql, problems], { database, shelf, engine, check, repair }) => {
      await database.query(sql);
      const { merchantId } = shelf;
      expect(await repair()).toMatchObject({
        consistent: true,
        drift: [{ merchantId, inventoryId: 'inv_1', problems, repaired: true }],
      });
      expect(await check()).toEqual({ consistent: true, merchants: 1, records: 2, drift: [] });
      const [after] = await database.query(
        `SELECT reserved_qty = (SELECT coalesce(sum(qty), 0) FROM holds WHERE inventory_id = s.id) AS follows,
              (SELECT json_agg(json_build_array(actor, action, revision = s.revision, notes LIKE 'audit repair: %') ORDER BY revision)
                 FROM movement_log WHERE inventory_id = s.id AND notes <> 'initial stock') AS said
         FROM stock_levels AS s WHERE id = 'inv_1'`,
      );
      // One entry for each reference that drifted. The last entry has the record's revision.
      const entries = Math.max(1, problems.filter((problem) => problem.includes(' held ')).length);
      const said = Array.from({ length: entries }, (_, i) => ['system', 'ADJUSTED', i === entries - 1, true]);
      expect(after).toEqual({ follows: true, said });
      // Afterwards, commands on the record succeed again.
      expect(await engine.engine.submit(shelf.reserve(1), NEVER)).toMatchObject({ outcome: { ok: true } });
      expect(await check()).toMatchObject({ consistent: true, drift: [] });
    },
  );

  test('the units on hand stay, and what was wrong is written down', async ({ database, repair }) => {
    await database.query("UPDATE stock_levels SET reserved_qty = 7 WHERE id = 'inv_1'");
    await repair();
    expect(
      await database.query(
        `SELECT s.on_hand_qty, s.reserved_qty, on_hand_delta, reserved_delta, notes
           FROM stock_levels AS s
           JOIN movement_log AS l ON l.inventory_id = s.id AND l.revision = s.revision
          WHERE s.id = 'inv_1'`,
      ),
    ).toEqual([
      {
        on_hand_qty: 200,
        reserved_qty: 5,
        // The log and the holds already agreed, so the entry changes no quantity.
        on_hand_delta: 0,
        reserved_delta: 0,
        notes: 'audit repair: reserved counter 7 set to 5, the sum of holds',
      },
    ]);
  });

  test.for(LATE)(
    '%s: the next expiry follows the holds, and the log has nothing to say',
    async ([_, sql, problems], { database, check, repair }) => {
      await database.query(sql);
      expect(await repair()).toMatchObject({ consistent: true, drift: [{ problems, repaired: true }] });
      expect(await check()).toMatchObject({ consistent: true, drift: [] });
      const [after] = await database.query(
        `SELECT (SELECT next_expiry_at = '2100-01-02T03:04:05.678Z' FROM stock_levels WHERE id = 'inv_1') AS follows,
              (SELECT count(*)::int FROM movement_log WHERE notes LIKE 'audit%') AS entries`,
      );
      expect(after).toEqual({ follows: true, entries: 0 });
    },
  );

  test('a reorder level that is not the description’s', async ({ database, check, repair }) => {
    await database.query("UPDATE stock_levels SET reorder_level = 7 WHERE id = 'inv_1'");
    const problems = ['low from 7 units, but described as low from 0'];
    expect(await check()).toMatchObject({ consistent: false, drift: [{ inventoryId: 'inv_1', problems }] });
    expect(await repair()).toMatchObject({ consistent: true, drift: [{ problems, repaired: true }] });
    expect(await check()).toMatchObject({ consistent: true, drift: [] });
    const [row] = await database.query("SELECT reorder_level FROM stock_levels WHERE id = 'inv_1'");
    expect(row).toEqual({ reorder_level: 0 });
  });

  test('a counter and an expiry together', async ({ database, check, repair }) => {
    await database.query(`${ENDS}; UPDATE stock_levels SET reserved_qty = 7 WHERE id = 'inv_1'`);
    expect(await repair()).toMatchObject({ consistent: true, drift: [{ problems: { length: 3 } }] });
    expect(await check()).toMatchObject({ consistent: true, drift: [] });
  });

  test('nothing, where everything adds up', async ({ repair, tables }) => {
    const before = await tables();
    expect(await repair()).toMatchObject({ consistent: true, drift: [] });
    expect(await tables()).toBe(before);
  });

  test.for<[string, string, string[]]>([
    [
      'more held than on hand',
      'UPDATE holds SET qty = 201',
      ['5 units reserved, but holds add up to 201', '201 units held for A, but the log adds up to 5'],
    ],
    [
      'a hold below zero, though the sums agree',
      `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
       SELECT merchant_id, 'inv_1', reference, qty, 90 + qty
         FROM merchants, (VALUES ('B', 2), ('C', -2)) AS h (reference, qty)`,
      [
        'a hold of -2 units',
        '2 units held for B, but the log adds up to 0',
        '-2 units held for C, but the log adds up to 0',
      ],
    ],
    [
      'a record that is gone',
      "DELETE FROM stock_levels WHERE id = 'inv_1'",
      ['holds or log entries without a record', 'a description without a stock level'],
    ],
    [
      'a stock level without its description',
      "DELETE FROM inventory_records WHERE id = 'inv_1'",
      ['no description: which product, in which warehouse'],
    ],
    [
      'a description of nothing',
      `INSERT INTO inventory_records (merchant_id, id, product_id, warehouse_id)
       SELECT merchant_id, 'inv_none', 'P', 'W' FROM merchants`,
      ['a description without a stock level'],
    ],
    [
      'a hold of no record',
      `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
       SELECT merchant_id, 'inv_none', 'A', 1, 1 FROM merchants`,
      ['holds or log entries without a record'],
    ],
    [
      'a log entry of no record',
      "UPDATE movement_log SET inventory_id = 'inv_none' WHERE inventory_id = 'inv_2'",
      // inv_none has the holds or entries that inv_2 lacks.
      ['200 units on hand, but the log adds up to 0', 'holds or log entries without a record'],
    ],
  ])('%s needs a person', async ([_, sql, problems], { database, check, repair, tables }) => {
    await database.query(sql);
    const before = await tables();
    const report = await repair();
    expect(report.consistent).toBe(false);
    const open = report.drift.filter((d) => !d.repaired);
    expect(report.drift.flatMap((d) => d.problems)).toEqual(problems);
    expect(open).toHaveLength(1);
    if (report.drift.length === 1) expect(await tables()).toBe(before);
    expect(await check()).toMatchObject({ consistent: false });
  });

  test('what can be repaired is repaired, though another record cannot be', async ({ database, repair }) => {
    await database.query("UPDATE holds SET qty = 201 WHERE inventory_id = 'inv_1'");
    await database.query("UPDATE stock_levels SET reserved_qty = 3 WHERE id = 'inv_2'");
    const report = await repair();
    expect(report.consistent).toBe(false);
    expect(report.drift.map((d) => [d.inventoryId, d.repaired])).toEqual([
      ['inv_1', false],
      ['inv_2', true],
    ]);
  });

  test('while the engine works on the record', async ({ database, shelf, engine, check, repair }) => {
    await database.query("UPDATE stock_levels SET reserved_qty = reserved_qty + 2 WHERE id = 'inv_1'");
    const calls = Array.from({ length: 40 }, () => engine.submit(shelf.reserve(1)));
    const [report] = await Promise.all([repair(), ...calls]);
    expect(report).toMatchObject({ consistent: true });
    expect(await check()).toMatchObject({ consistent: true, drift: [] });
    expect(await shelf.happened()).toMatchObject({ reserved: [45, 0], entries: 41 });
  });

  test.for(['any', 'merchant'] as const)(
    'BATCH_SCOPE=%s: several at the same time repair it once, and write one entry',
    async (scope, { database, dataSource, ofMerchants, shelf, check }) => {
      await database.query(
        "UPDATE stock_levels SET reserved_qty = 7, reorder_level = 7, next_expiry_at = NULL WHERE id = 'inv_1'",
      );
      await database.query(ENDS);
      const source = scope === 'any' ? dataSource : ofMerchants;
      const repairs = await Promise.all([1, 2, 3].map(() => repairRecord(source, shelf.merchantId, 'inv_1')));
      expect(repairs.map((r) => r.repaired)).toEqual([true, true, true]);
      const [row] = await database.query(
        "SELECT count(*)::int AS n FROM movement_log WHERE notes LIKE 'audit%'",
      );
      expect(row).toEqual({ n: 1 });
      expect(await check()).toMatchObject({ consistent: true, drift: [] });
    },
  );

  test('while the record is being moved to another node, after the move', async ({
    database,
    ofMerchants,
    shelf,
    session,
  }) => {
    await database.query("UPDATE stock_levels SET reserved_qty = 7 WHERE id = 'inv_1'");
    // What a cluster does then has this on one server: it lets rows be locked, but not written.
    await session.run('BEGIN');
    await session.run('LOCK TABLE stock_levels IN SHARE MODE');
    const repair = repairRecord(ofMerchants, shelf.merchantId, 'inv_1');
    await untilWaiting(database);
    await session.run('COMMIT');
    expect(await repair).toMatchObject({ repaired: true });
  });

  test.for([
    ['changes', 'somebody has it locked', ['inv_2']],
    ['changes_of_merchant', 'somebody has it locked', ['inv_2']],
    ['changes_of_merchant', 'the rows of … are being moved to another node', []],
  ] as const)(
    '%s: it is told that %s for too long, and what was repaired',
    async ([role, why, repaired], { database, shelf, session, repair }) => {
      const { merchantId } = shelf;
      await database.query('UPDATE stock_levels SET reserved_qty = 7');
      const hasty = await openDataSource(database.url, { lockTimeoutMs: 50 }, role);
      await session.run('BEGIN');
      if (repaired.length > 0) await session.lockRecord(merchantId, 'inv_1');
      else await session.run('LOCK TABLE stock_levels IN SHARE MODE');
      const { consistent, drift } = await audit(hasty, { merchantId, repair: true });
      expect(consistent).toBe(false);
      expect(drift.filter((d) => d.repaired).map((d) => d.inventoryId)).toEqual(repaired);
      expect(drift.find((d) => d.inventoryId === 'inv_1')!.problems).toContain(
        `not repaired: ${why.replace('…', merchantId)}`,
      );
      await session.run('ROLLBACK');
      await hasty.destroy();
      expect(await repair()).toMatchObject({ consistent: true });
    },
  );

  test('a record that is not there', async ({ dataSource, shelf }) => {
    expect(await repairRecord(dataSource, shelf.merchantId, 'inv_none')).toEqual({
      found: undefined,
      repaired: false,
    });
  });
});
