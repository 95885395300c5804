import type { Arena } from './arena.js';
import type { LoadTiming } from './load/tally.js';
import { playServed, playSql } from './play.js';
import type { SqlStatement } from './sides/sql.js';
import { MANY_RECORDS } from './turns.js';

/** The settings that suit the rivals best, on one record and on many. */
export interface BestSettings {
  readonly plainPool: ReadonlyMap<number, number>;
  readonly sql: ReadonlyMap<number, { statement: SqlStatement; clients: number }>;
}

export interface ProbeRange {
  readonly plainPools: readonly number[];
  readonly sqlClients: readonly number[];
  readonly sqlStatements: readonly SqlStatement[];
  readonly timing: LoadTiming;
}

/** Tries each setting once, and briefly, so that each rival runs with its best one. */
export async function findBestSettings(
  arena: Arena,
  range: ProbeRange,
  wanted: { plain: readonly number[]; sql: readonly number[] },
  note: (text: string) => void,
): Promise<BestSettings> {
  const plainPool = new Map<number, number>();
  for (const records of wanted.plain) {
    const pool = await best(range.plainPools, async (pool) => {
      const arrival = { kind: 'closed', inFlight: 512 } as const;
      const load = { side: 'plain', door: 'grpc', records, arrival } as const;
      const { perSecond } = await playServed(arena, load, pool, range.timing);
      note(`plain, ${recordsText(records)}, pool ${pool}: ${Math.round(perSecond)}/s`);
      return perSecond;
    });
    plainPool.set(records, pool);
  }
  const sql = new Map<number, { statement: SqlStatement; clients: number }>();
  const choices = range.sqlStatements.flatMap((statement) =>
    range.sqlClients.map((clients) => ({ statement, clients })),
  );
  for (const records of wanted.sql) {
    const choice = await best(choices, async (choice) => {
      const { perSecond } = await playSql(arena, { records, ...choice }, range.timing);
      const { statement, clients } = choice;
      note(`sql, ${recordsText(records)}, ${statement}, ${clients} clients: ${Math.round(perSecond)}/s`);
      return perSecond;
    });
    sql.set(records, choice);
  }
  return { plainPool, sql };
}

function recordsText(records: number): string {
  return records === MANY_RECORDS ? 'many records' : 'one record';
}

async function best<C>(choices: readonly C[], rate: (choice: C) => Promise<number>): Promise<C> {
  if (choices.length === 1) return choices[0] as C;
  const rated: { choice: C; perSecond: number }[] = [];
  for (const choice of choices) rated.push({ choice, perSecond: await rate(choice) });
  return rated.reduce((a, b) => (b.perSecond > a.perSecond ? b : a)).choice;
}
