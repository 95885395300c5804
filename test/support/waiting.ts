import type { TestDatabase } from './database.js';
import { until } from './process.js';

/** The service's backends that wait for a lock, each with its statement. */
export function waiting(database: TestDatabase): Promise<{ pid: number; query: string }[]> {
  return database.query(
    `SELECT pid, query FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'holdfast' AND wait_event_type = 'Lock'`,
  );
}

/** Resolves with the backend that waits in a statement with this text, when there is one. */
export async function untilWaiting(database: TestDatabase, text = ''): Promise<number> {
  let pid: number | undefined;
  await until(text === '' ? 'a blocked backend' : text, async () => {
    pid = (await waiting(database)).find(({ query }) => query.includes(text))?.pid;
    return pid !== undefined;
  });
  return pid!;
}
