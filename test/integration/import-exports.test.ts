import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMerchant } from '../../src/service/merchants.js';
import { stepsOf } from '../support/markdown.js';
import { expectPrinted } from '../support/markdown-output.js';
import { MarkdownShell } from '../support/markdown-shell.js';
import { holdfastPath, onDatabase, projectRoot } from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';

const page = readFileSync(join(projectRoot, 'docs/operations.md'), 'utf8');
const section = /^### Exports of other systems\n[\s\S]*?(?=^## )/m.exec(page)![0];

let stage: Stage;
let shell: MarkdownShell;
let merchantId: string;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-exports-'));
beforeAll(async () => {
  stage = await createStage();
  ({ merchantId } = await createMerchant(stage.dataSource, 'Exports', 'test'));
  shell = new MarkdownShell(folder, onDatabase(stage.database.url) as Record<string, string>);
  await shell.run(
    `npx() { shift; '${process.execPath}' '${holdfastPath}' "$@" --merchant '${merchantId}'; }`,
  );
});
afterAll(async () => {
  shell?.close();
  rmSync(folder, { recursive: true, force: true });
  await stage?.close();
});

const steps = stepsOf(section);

test.each(
  steps.map((step) => [step.kind === 'file' ? step.path : step.script.split('\n')[0]!, step] as const),
)('%s', async (_, step) => {
  if (step.kind === 'file') return writeFile(join(folder, step.path), step.text);
  const { code, printed } = await shell.run(step.script);
  if (step.output !== undefined) expectPrinted(printed, step.output);
  expect({ code, printed }).toMatchObject({ code: step.how === 'fails' ? 1 : 0 });
});

test('what is in stock then', async () => {
  await stage.expectAuditClean();
  const rows = await stage.database.query(
    `SELECT r.product_id || '/' || r.sku_id || '@' || r.warehouse_id AS name, s.on_hand_qty AS qty, s.reorder_level AS low, r.location
       FROM stock_levels AS s JOIN inventory_records AS r USING (merchant_id, id)
      WHERE s.merchant_id = $1`,
    [merchantId],
  );
  const shelf = Object.fromEntries(rows.map(({ name, qty, low, location }) => [name, [qty, low, location]]));
  expect(shelf).toEqual({
    'wool-socks/WS-S-RED@Main Store, Front': [10, 0, 'A-01'],
    'wool-socks/WS-M-RED@Main Store, Front': [5, 0, 'A-02'],
    '45/WOO-HOODIE-S@main': [12, 3, ''],
    '46/-HOODIE-M@main': [0, 0, ''],
    'XB5KQ3/BEANS-1KG@main-street': [18, 5, ''],
    'TR7VN2/FILTER-100@main-street': [40, 0, ''],
    'XB5KQ3/BEANS-1KG@harbour': [7, 0, ''],
    'TR7VN2/FILTER-100@harbour': [0, 0, ''],
    'product.product_product_16/@stock.stock_location_stock': [10, 0, ''],
    '00123/@Nord': [5, 0, ''],
    'Müsli/@Nord': [12, 0, ''],
  });
});
