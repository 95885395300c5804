/** The database cannot be reached or started, or its schema does not fit. For the operator; `cause` says why. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
  constructor(cause: unknown) {
    super(`the database cannot be used: ${(cause as Error).message || String(cause)}`, { cause });
  }
}
