import { describe, expect, test } from 'vitest';
import { databaseErrorKind, isUnanswered } from '../../../../src/store/connection/sqlstate.js';

const state = (code: string): Error => Object.assign(new Error('whatever the server said'), { code });
/** As TypeORM wraps it. */
const wrapped = (driverError: Error): Error => Object.assign(new Error('QueryFailedError'), { driverError });

describe('the kind of a server error, bare and wrapped', () => {
  test.each([
    ['40001', 'contention'], // serialization_failure
    ['40P01', 'contention'], // deadlock_detected
    ['55P03', 'contention'], // lock_not_available
    ['57014', 'contention'], // query_canceled
    ['23505', 'culprit'], // unique_violation
    ['08006', 'unavailable'], // connection_failure
    ['08P01', 'unavailable'], // protocol_violation
    ['53300', 'unavailable'], // too_many_connections
    ['53200', 'unavailable'], // out_of_memory
    ['53100', 'unavailable'], // disk_full
    ['57P01', 'unavailable'], // admin_shutdown
    ['57P02', 'unavailable'], // crash_shutdown
    ['57P03', 'unavailable'], // cannot_connect_now
    ['25006', 'unavailable'], // read_only_sql_transaction
    ['25P03', 'unavailable'], // idle_in_transaction_session_timeout
    ['23514', 'culprit'], // check_violation
    ['23502', 'culprit'], // not_null_violation
    ['23503', 'culprit'], // foreign_key_violation
    ['22003', 'culprit'], // numeric_value_out_of_range
    ['22021', 'culprit'], // character_not_in_repertoire
    ['42P01', 'fault'], // undefined_table
    ['42601', 'fault'], // syntax_error
    ['25P02', 'fault'], // in_failed_sql_transaction
    ['42501', 'fault'], // insufficient_privilege
    ['P0001', 'fault'], // raise_exception
    ['XX000', 'fault'], // internal_error
  ])('%s → %s', (code, kind) => {
    expect(databaseErrorKind(state(code))).toBe(kind);
    expect(databaseErrorKind(wrapped(state(code)))).toBe(kind);
  });
});

test('a unique violation is contention where two transactions raced for an idempotency key', () => {
  const violation = Object.assign(state('23505'), { constraint: 'idempotency_keys_pkey' });
  expect(databaseErrorKind(violation)).toBe('contention');
  expect(databaseErrorKind(Object.assign(state('23505'), { constraint: 'movement_log_pkey' }))).toBe(
    'culprit',
  );
  expect(databaseErrorKind(wrapped(violation))).toBe('contention');
});

test.each(['LookupShardIdCacheEntry', 'LookupShardRelationFromCatalog'])(
  'an internal error of a cluster that its routine %s reports is contention',
  (routine) => {
    const refused = Object.assign(state('XX000'), { routine });
    expect(databaseErrorKind(refused)).toBe('contention');
    expect(databaseErrorKind(wrapped(refused))).toBe('contention');
  },
);

test('a node of a cluster names the constraint only in its text', () => {
  const said = (name: string): Error =>
    Object.assign(new Error(`duplicate key value violates unique constraint "${name}"`), { code: '23505' });
  expect(databaseErrorKind(said('inventory_records_identity_102171'))).toBe('contention');
  expect(databaseErrorKind(said('merchants_pkey_102171'))).toBe('culprit');
});

test('a node that is lost during COMMIT: nobody knows what became of it', () => {
  const lost = Object.assign(state('XX000'), { routine: 'ErrorIfPostCommitFailedShardPlacements' });
  expect([isUnanswered(lost), isUnanswered(wrapped(lost))]).toEqual([true, true]);
  expect(databaseErrorKind(wrapped(lost))).toBe('unavailable');
});

describe('the kind of an error that no server sent', () => {
  test.each<[unknown, string]>([
    [state('ECONNREFUSED'), 'unavailable'],
    [state('ECONNRESET'), 'unavailable'],
    [state('EPIPE'), 'unavailable'],
    [state('ETIMEDOUT'), 'unavailable'],
    [state('ENOTFOUND'), 'unavailable'],
    [wrapped(state('ECONNRESET')), 'unavailable'],
    [new Error('Connection terminated unexpectedly'), 'unavailable'],
    [new Error('Connection terminated due to connection timeout'), 'unavailable'],
    [new Error('Client has encountered a connection error and is not queryable'), 'unavailable'],
    [new Error('Query read timeout'), 'unavailable'],
    [new Error('timeout exceeded when trying to connect'), 'unavailable'],
    [new Error('Cannot use a pool after calling end on the pool'), 'unavailable'],
    [wrapped(new Error('Connection terminated unexpectedly')), 'unavailable'],
    [state('ENOENT'), 'fault'],
    [state('ERR_INVALID_ARG_TYPE'), 'fault'],
    [new Error('holds are short of the counter by 1 units'), 'fault'],
    [new TypeError('x is not a function'), 'fault'],
    ['Connection terminated', 'fault'],
    [undefined, 'fault'],
    [null, 'fault'],
    [42, 'fault'],
  ])('%s → %s', (error, kind) => {
    expect(databaseErrorKind(error)).toBe(kind);
  });
});

describe('whether a COMMIT that failed so can have happened', () => {
  test.each<[unknown, boolean]>([
    [new Error('Connection terminated unexpectedly'), true],
    [new Error('Query read timeout'), true],
    [state('ECONNRESET'), true],
    [wrapped(state('EPIPE')), true],
    [state('57P01'), true],
    [state('57P02'), true],
    [state('08006'), true],
    // The server explicitly said no.
    [state('40001'), false],
    [state('40P01'), false],
    [state('23514'), false],
    [state('53100'), false],
    [state('57014'), false],
    [state('XX000'), false],
    // Nobody knows what was sent before it.
    [new TypeError('x is not a function'), true],
  ])('%s → %s', (error, unanswered) => {
    expect(isUnanswered(error)).toBe(unanswered);
  });
});
