import { expect } from 'vitest';
import type { Permission } from '../../src/auth/principal.js';
import { type Credentials, type TestApp, tokenFor } from '../support/app.js';
import type { Auditor } from '../support/auditor.js';
import type { Answer, Door } from '../support/doors.js';
import { passSeconds } from '../support/pass-time.js';
import { answerOf, withoutRequestId } from './contract.js';
import {
  type Bindings,
  bindAll,
  type Call,
  type CallerName,
  type LogLine,
  resolve,
  type Scenario,
} from './scenario.js';

/** Plays a scenario through one door, for the new merchant `ours`. Fails if it comes to anything but what it says. */
export async function play(
  { service, auditor }: { service: TestApp; auditor: Auditor },
  door: Door,
  scenario: Scenario,
  ours: Credentials,
): Promise<void> {
  const cast = castOf(service, ours);
  const { merchantId } = ours;
  await service.seed(merchantId, ...scenario.records);
  const bindings: Bindings = new Map([['merchant', merchantId]]);

  const answers: unknown[] = [];
  const expected: unknown[] = [];
  let records = scenario.records.length;
  for (const step of scenario.steps) {
    if ('passSeconds' in step) {
      await passSeconds(service.app.dataSource, merchantId, step.passSeconds);
      continue;
    }
    const answer = await ask(door, step, cast, bindings);
    bindAll(bindings, step.bind, answer.data);
    answers.push(withoutRequestId(answer));
    expected.push(answerOf(door.name, resolve(step.expected, bindings), step.replayed ?? false));
    const created = step.rpc === 'CreateInventory' && answer.ok && !answer.replayed;
    if (created && step.caller !== 'stranger') records++;
  }

  expect(answers).toStrictEqual(expected);
  expect(await auditor.audit(merchantId)).toMatchObject({
    consistent: true,
    drift: [],
    records,
  });
  if (scenario.holds !== undefined)
    expect(await holdsOf(service, merchantId)).toEqual(withoutEmpty(scenario.holds));
  if (scenario.log !== undefined) expect(await logOf(service, merchantId)).toEqual(scenario.log);
}

async function ask(door: Door, call: Call, cast: Cast, bindings: Bindings): Promise<Answer> {
  const { rpc, request, idempotencyKey, caller = 'ours' } = call;
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  return door.call(rpc, resolve(request, bindings), { credentials: await cast(caller), ...key });
}

/** Returns the credentials of a caller, and makes them when they are first asked for. */
type Cast = (name: CallerName) => Promise<Credentials>;

const grants: Readonly<Record<Exclude<CallerName, 'ours' | 'stranger'>, readonly Permission[]>> = {
  manager: ['can_manage_inventory'],
  updater: ['can_update_inventory'],
  reader: ['can_read_inventory'],
  stockReader: ['can_read_stock'],
  nobody: [],
};

function castOf(service: TestApp, ours: Credentials): Cast {
  const cast = new Map<CallerName, Credentials>([['ours', ours]]);
  return async (name) => {
    let credentials = cast.get(name);
    if (credentials === undefined) {
      credentials =
        name === 'stranger'
          ? await service.createMerchant()
          : { ...ours, token: await tokenFor(ours.merchantId, grants[name as keyof typeof grants]) };
      cast.set(name, credentials);
    }
    return credentials;
  };
}

function withoutEmpty(holds: NonNullable<Scenario['holds']>) {
  return Object.fromEntries(Object.entries(holds).filter(([, held]) => Object.keys(held).length > 0));
}

async function holdsOf(
  service: TestApp,
  merchantId: string,
): Promise<Record<string, Record<string, number>>> {
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

async function logOf(service: TestApp, merchantId: string): Promise<Record<string, LogLine[]>> {
  const rows: { inventory_id: string; line: LogLine }[] = await service.app.dataSource.query(
    `SELECT inventory_id, json_build_array(
              action,
              CASE WHEN action IN ('RESERVED', 'RELEASED') THEN -reserved_delta ELSE on_hand_delta END,
              reference, notes, actor) AS line
       FROM movement_log
      WHERE merchant_id = $1 AND notes IS DISTINCT FROM 'initial stock'
      ORDER BY inventory_id, revision`,
    [merchantId],
  );
  const log: Record<string, LogLine[]> = {};
  for (const { inventory_id, line } of rows) {
    log[inventory_id] ??= [];
    log[inventory_id].push(line);
  }
  return log;
}
