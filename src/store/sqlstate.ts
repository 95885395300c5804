/**
 * What a database error means for the transaction that met it, by SQLSTATE.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 *
 * - contention:  others held what it wanted; it was rolled back whole and may be tried again
 * - unavailable: the server or the connection is gone or going; it may be tried again once that is back
 * - culprit:     some row or value in it broke a rule; trying the same again cannot help
 * - fault:       anything else
 */
export type DatabaseErrorKind = 'contention' | 'unavailable' | 'culprit' | 'fault';

const byState: Readonly<Record<string, DatabaseErrorKind>> = {
  '40001': 'contention', // serialization_failure
  '40P01': 'contention', // deadlock_detected
  '55P03': 'contention', // lock_not_available: lock_timeout
  '57014': 'contention', // query_canceled: statement_timeout
  // Two transactions stored one key at once: on the next try the loser finds the winner's.
  '23505': 'contention', // unique_violation
  '25006': 'unavailable', // read_only_sql_transaction: a standby, until the failover is through
  '25P03': 'unavailable', // idle_in_transaction_session_timeout
  '25P04': 'unavailable', // transaction_timeout
  '53100': 'unavailable', // disk_full
  '53300': 'unavailable', // too_many_connections
  '57P01': 'unavailable', // admin_shutdown
  '57P02': 'unavailable', // crash_shutdown
  '57P03': 'unavailable', // cannot_connect_now
  '57P05': 'unavailable', // idle_session_timeout
};

const byClass: Readonly<Record<string, DatabaseErrorKind>> = {
  '08': 'unavailable', // connection_exception
  '22': 'culprit', // data_exception
  '23': 'culprit', // integrity_constraint_violation
  '53': 'unavailable', // insufficient_resources
};

const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Kind of any error thrown by the driver or by TypeORM around it. */
export function databaseErrorKind(error: unknown): DatabaseErrorKind {
  const cause = driverError(error);
  const code = (cause as { code?: unknown }).code;
  if (typeof code === 'string') {
    if (socketErrors.has(code)) return 'unavailable';
    if (/^[0-9A-Z]{5}$/.test(code)) return byState[code] ?? byClass[code.slice(0, 2)] ?? 'fault';
  }
  // The driver reports a broken or unobtainable connection as a plain Error without a code.
  return cause instanceof Error && isConnectionLoss(cause) ? 'unavailable' : 'fault';
}

/** Whether the server can have gone on with what it was sent: it never answered. */
export function isUnanswered(error: unknown): boolean {
  const cause = driverError(error);
  const code = (cause as { code?: unknown }).code;
  // EPIPE is spelled like an SQLSTATE, and is none.
  if (typeof code === 'string' && !socketErrors.has(code) && /^[0-9A-Z]{5}$/.test(code)) {
    // These end a session without saying what became of a COMMIT in progress.
    return code.startsWith('08') || code === '57P01' || code === '57P02';
  }
  return databaseErrorKind(error) === 'unavailable';
}

const connectionLosses = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Cannot use a pool after calling end on the pool',
];

function isConnectionLoss(error: Error): boolean {
  return connectionLosses.some((text) => error.message.includes(text));
}

function driverError(error: unknown): object {
  const wrapped = (error as { driverError?: unknown } | null)?.driverError ?? error;
  return typeof wrapped === 'object' && wrapped !== null ? wrapped : {};
}
