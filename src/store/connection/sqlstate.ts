/**
 * What a database error means for the transaction that met it, by SQLSTATE.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 *
 * - contention:  others held the locks that it needed; it was rolled back and may be retried
 * - unavailable: the server or the connection is lost or closing; it may be retried once that is back
 * - culprit:     a row or value in it broke a rule; a retry cannot help
 * - fault:       anything else
 */
export type DatabaseErrorKind = 'contention' | 'unavailable' | 'culprit' | 'fault';

const byState: Readonly<Record<string, DatabaseErrorKind>> = {
  '40001': 'contention', // serialization_failure
  '40P01': 'contention', // deadlock_detected
  '55P03': 'contention', // lock_not_available: lock_timeout
  '57014': 'contention', // query_canceled: statement_timeout
  '25006': 'unavailable', // read_only_sql_transaction: a standby, until the failover is through
  // A pooler that we did not recognise has lost a prepared statement, or has another one under its name.
  '26000': 'unavailable', // invalid_sql_statement_name
  '42P05': 'unavailable', // duplicate_prepared_statement
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

/** Citus reports so that it has lost the connection to a node during COMMIT, and does not know what became of that. */
const COMMIT_LOST = 'ErrorIfPostCommitFailedShardPlacements';

/**
 * The kinds of errors that Citus reports as internal (XX000), by the server's routine that reports them.
 *
 * - Lookup…: the shard was split while the statement was on its way. (When a shard is moved, the SQLSTATE is 40001.)
 */
const byRoutine: Readonly<Record<string, DatabaseErrorKind>> = {
  [COMMIT_LOST]: 'unavailable',
  LookupShardIdCacheEntry: 'contention',
  LookupShardRelationFromCatalog: 'contention',
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

/** The kind of any error thrown by the driver, or by TypeORM around it. */
export function databaseErrorKind(error: unknown): DatabaseErrorKind {
  const cause = driverError(error);
  const state = sqlState(cause);
  if (state !== undefined) {
    if (state === UNIQUE_VIOLATION && isKeyRace(cause)) return 'contention';
    return byRoutine[String(cause.routine)] ?? byState[state] ?? byClass[state.slice(0, 2)] ?? 'fault';
  }
  if (socketErrors.has(String(cause.code))) return 'unavailable';
  // The driver reports a broken or unobtainable connection as a plain Error without a code.
  return cause instanceof Error && isConnectionLoss(cause) ? 'unavailable' : 'fault';
}

/** Whether the same statement may succeed later: others have locks that it needs, or the database does not answer. */
export function mayPass(error: unknown): boolean {
  return ['contention', 'unavailable'].includes(databaseErrorKind(error));
}

/** Classes of errors with which PostgreSQL itself answers statements. */
const classes = new Set([
  '08',
  '21',
  '22',
  '23',
  '25',
  '26',
  '28',
  '3D',
  '40',
  '42',
  '53',
  '54',
  '55',
  '57',
  '58',
  'XX',
]);

/** The class of its SQLSTATE, `connection` for a lost one, or `other`: one of few values, whatever a server says. */
export function errorClass(error: unknown): string {
  const ofState = sqlStateOf(error)?.slice(0, 2);
  if (ofState !== undefined) return classes.has(ofState) ? ofState : 'other';
  return databaseErrorKind(error) === 'unavailable' ? 'connection' : 'other';
}

const UNIQUE_VIOLATION = '23505';

/**
 * Two transactions at the same time stored the same idempotency key, did the same line of an import, or created a
 * record with the same id or the same product, SKU and warehouse. On its next try, the loser finds the winner's row.
 */
const raceConstraints: readonly string[] = [
  'idempotency_keys_pkey',
  'import_lines_pkey',
  'inventory_records_identity',
  'inventory_records_pkey',
  'stock_levels_pkey',
];

/** A cluster passes on a node's error without the field `constraint`: its name, with a number, is only in the text. */
function isKeyRace({ constraint, message }: { constraint?: unknown; message?: unknown }): boolean {
  if (constraint !== undefined) return raceConstraints.some((name) => constraint === name);
  return raceConstraints.some((name) => String(message).includes(`"${name}_`));
}

export function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === UNIQUE_VIOLATION;
}

/** Whether the statement waited for a lock as long as it may. */
export function isLockTimeout(error: unknown): boolean {
  return sqlStateOf(error) === '55P03';
}

/** Whether it was refused because an earlier statement of its transaction had failed. */
export function isAfterFailure(error: unknown): boolean {
  return sqlStateOf(error) === '25P02';
}

/** Whether the statement ran, or waited for a lock, as long as it may. */
export function isTimeout(error: unknown): boolean {
  return isLockTimeout(error) || sqlStateOf(error) === '57014';
}

/**
 * Whether a statement that failed with this error may still have taken effect: anything but a clear refusal by the
 * server. When the server ends a session with class 08, 57P01 or 57P02, it does not say what became of a COMMIT in
 * progress. Nor does Citus, when it has lost a node.
 */
export function isUnanswered(error: unknown): boolean {
  const cause = driverError(error);
  const state = sqlState(cause);
  if (state === undefined || state.startsWith('08') || cause.routine === COMMIT_LOST) return true;
  return state === '57P01' || state === '57P02';
}

/** The SQLSTATE, if the error is the database's. */
export function sqlStateOf(error: unknown): string | undefined {
  return sqlState(driverError(error));
}

function sqlState({ code }: { code?: unknown }): string | undefined {
  // EPIPE has the form of an SQLSTATE, but is not one.
  const isState = typeof code === 'string' && !socketErrors.has(code) && /^[0-9A-Z]{5}$/.test(code);
  return isState ? code : undefined;
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

interface DriverError {
  readonly code?: unknown;
  readonly constraint?: unknown;
  readonly routine?: unknown;
  readonly message?: unknown;
}

function driverError(error: unknown): DriverError {
  const wrapped = (error as { driverError?: unknown } | null)?.driverError ?? error;
  return typeof wrapped === 'object' && wrapped !== null ? wrapped : {};
}
