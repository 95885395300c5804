import type { TestDatabase } from './database.js';
import type { Session } from './engine-stage.js';
import { untilWaiting, waiting } from './waiting.js';

/** COMMIT waits for the advisory lock 9 when a command's notes say so. */
const SLOW_COMMIT = `
  CREATE FUNCTION commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN PERFORM pg_advisory_xact_lock(9); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON movement_log
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.notes = 'slow') EXECUTE FUNCTION commit_slowly();
`;

/** Keeps the server busy with a COMMIT for as long as a test wants: that of a command with the notes `slow`. */
export class CommitGate {
  readonly #database: TestDatabase;
  readonly #session: Session;

  private constructor(database: TestDatabase, session: Session) {
    this.#database = database;
    this.#session = session;
  }

  /** Once for a database; then a session can shut the gate. */
  static async install(database: TestDatabase): Promise<(session: Session) => Promise<CommitGate>> {
    await database.query(SLOW_COMMIT);
    return async (session) => {
      await session.run('SELECT pg_advisory_lock(9)');
      return new CommitGate(database, session);
    };
  }

  open(): Promise<void> {
    return this.#session.run('SELECT pg_advisory_unlock(9)');
  }

  waiting(): ReturnType<typeof waiting> {
    return waiting(this.#database);
  }

  untilWaiting(text: string): Promise<number> {
    return untilWaiting(this.#database, text);
  }
}
