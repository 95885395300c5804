import { describe, expect } from 'vitest';
import type { Fault, Rejection } from '../../src/domain/failure.js';
import type { Engine } from '../../src/engine/engine.js';
import type { Credentials } from '../support/app.js';
import { type Doors, doorNames } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { answerOf } from './contract.js';

/** Answers that no call can provoke from outside. Here, an engine gives them that does what the test says. */

type Told = { decided: Rejection } | { fault: Fault | { reason: 'RATE_LIMITED' } };

const decided = (decided: Rejection): Told => ({ decided });
const fault = (reason: (Fault | { reason: 'RATE_LIMITED' })['reason']): Told => ({ fault: { reason } });
const negative = (onHand: number, reserved: number, change: number): Told =>
  decided({ reason: 'NEGATIVE_STOCK', onHand, reserved, change });

const cases: readonly (readonly [Told, string, Record<string, string>])[] = [
  [
    negative(3, 0, -5),
    'Adjustment would result in negative stock. Current on-hand: 3, requested change: -5.',
    { onHand: '3', reserved: '0', change: '-5' },
  ],
  [
    negative(7, 5, -5),
    'Adjustment would leave 2 units on hand, but 5 units are reserved.',
    { onHand: '7', reserved: '5', change: '-5' },
  ],
  [
    negative(2, 2, -1),
    'Adjustment would leave 1 unit on hand, but 2 units are reserved.',
    { onHand: '2', reserved: '2', change: '-1' },
  ],
  [
    negative(1, 1, -1),
    'Adjustment would leave 0 units on hand, but 1 unit is reserved.',
    { onHand: '1', reserved: '1', change: '-1' },
  ],
  [
    decided({ reason: 'INVENTORY_ALREADY_EXISTS' }),
    'An inventory record for this product already exists in the specified warehouse.',
    {},
  ],
  [fault('RATE_LIMITED'), 'Too many requests. Retry later.', {}],
  [fault('OVERLOADED'), 'The service is overloaded. Retry later.', {}],
  [fault('CONTENTION'), 'The record is busy. Retry later.', {}],
  [fault('DATABASE_UNAVAILABLE'), 'The database is unavailable. Retry later.', {}],
  [fault('SHUTTING_DOWN'), 'The service is shutting down. Retry later.', {}],
  [fault('DEADLINE_EXCEEDED'), 'The deadline passed before the request was executed.', {}],
  [fault('INTERNAL'), 'Internal error.', {}],
];

let told: Told | Error | undefined;
const engine: Engine = {
  submit: async () => {
    if (told === undefined || told instanceof Error) throw told;
    if ('fault' in told) return told.fault as Fault;
    return { kind: 'decided', outcome: { ok: false, rejection: told.decided } };
  },
  drain: async () => {},
};

const test = base.extend('overrides', { engine });

describe.each(doorNames)('%s', (name) => {
  const call = (doors: Doors, merchant: Credentials) =>
    doors[name].call(
      'Reserve',
      { id: 'inv_xyz789', qty: 1 },
      { credentials: merchant, headers: { 'x-request-id': 'req-1' } },
    );

  test.for(cases)('%o', async ([answer, message, metadata], { doors, merchant }) => {
    told = answer;
    const { reason } = 'fault' in answer ? answer.fault : answer.decided;
    expect(await call(doors, merchant)).toStrictEqual({
      ...answerOf(name, { reason, message, metadata }, false),
      requestId: 'req-1',
    });
  });

  test('an unforeseen error is INTERNAL, and the answer says nothing of its cause', async ({
    doors,
    merchant,
  }) => {
    told = new Error('password authentication failed for user "holdfast"');
    expect(await call(doors, merchant)).toStrictEqual({
      ...answerOf(name, { reason: 'INTERNAL', message: 'Internal error.' }, false),
      requestId: 'req-1',
    });
  });
});
