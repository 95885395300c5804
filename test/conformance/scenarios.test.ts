import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/service/audit.js';
import { type Credentials, startApp, type TestApp } from '../support/app.js';
import { closeDoors, type DoorName, type Doors, doorNames, openDoors } from '../support/doors.js';
import { answerOf, withoutRequestId } from './contract.js';
import { type Scenario, scenarios } from './scenarios.js';

let service: TestApp;
let doors: Doors;
beforeAll(async () => {
  service = await startApp();
  doors = openDoors(service);
});
afterAll(async () => {
  closeDoors(doors);
  await service.close();
});

describe.each(doorNames)('%s', (name) => {
  test.each(scenarios)('$name', async (scenario) => {
    const ours = await service.createMerchant();
    await service.seed(ours.merchantId, ...scenario.records);
    const seeded = await logLines(ours);
    const stranger = await service.createMerchant();

    const answers = [];
    for (const { rpc, request, idempotencyKey, caller } of scenario.steps) {
      const credentials = caller === 'stranger' ? stranger : ours;
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      answers.push(withoutRequestId(await doors[name].call(rpc, request, { credentials, ...key })));
    }

    expect(answers).toStrictEqual(expectedAnswers(name, scenario));
    const { merchantId } = ours;
    expect(await audit(service.app.dataSource, { merchantId, repair: false })).toMatchObject({
      consistent: true,
      drift: [],
      records: scenario.records.length,
    });
    if (scenario.holds !== undefined) expect(await holdsOf(ours)).toEqual(withoutEmpty(scenario.holds));
    if (scenario.log !== undefined) expect((await logLines(ours)).slice(seeded.length)).toEqual(scenario.log);
  });
});

function expectedAnswers(door: DoorName, { steps }: Scenario) {
  return steps.map(({ expected, replayed }) => answerOf(door, expected, replayed ?? false));
}

function withoutEmpty(holds: NonNullable<Scenario['holds']>) {
  return Object.fromEntries(Object.entries(holds).filter(([, held]) => Object.keys(held).length > 0));
}

async function holdsOf({ merchantId }: Credentials): Promise<Record<string, Record<string, number>>> {
  const rows: { inventory_id: string; reference: string; qty: number }[] = await service.app.dataSource.query(
    'SELECT inventory_id, reference, qty FROM holds WHERE merchant_id = $1',
    [merchantId],
  );
  const holds: Record<string, Record<string, number>> = {};
  for (const { inventory_id, reference, qty } of rows) {
    holds[inventory_id] = { ...holds[inventory_id], [reference]: qty };
  }
  return holds;
}

async function logLines({ merchantId }: Credentials): Promise<unknown[][]> {
  const rows: Record<string, unknown>[] = await service.app.dataSource.query(
    `SELECT action, reserved_delta, reference, notes, actor
       FROM movement_log WHERE merchant_id = $1 ORDER BY inventory_id, revision`,
    [merchantId],
  );
  return rows.map((row) => Object.values(row));
}
