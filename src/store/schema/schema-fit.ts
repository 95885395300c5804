import type { DataSource } from 'typeorm';
import { migrations } from '../migrations/index.js';

/** How a database's schema stands to this version. */
export interface SchemaState {
  /** Names of migrations that this version knows, and that were not applied. */
  readonly missing: readonly string[];
  /** Names of applied migrations that this version does not know. */
  readonly unknown: readonly string[];
  /** What a version must know to run on the schema; undefined: it does not say. */
  readonly mark: SchemaMark | undefined;
}

export interface SchemaMark {
  /** The newest migration that the version must know, by its number. */
  readonly oldestMigration: number;
  /** Why, for people. */
  readonly because: string;
}

/** This version cannot run on the database's schema. */
export class SchemaUnfit extends Error {
  override readonly name = 'SchemaUnfit';
}

/** By number, in the order in which they run. */
const known = migrations.map((migration) => {
  const { name } = new migration();
  return { name, number: numberOf(name) };
});

export async function readSchema(dataSource: DataSource): Promise<SchemaState> {
  const [there]: { migrations: boolean; mark: boolean }[] = await dataSource.query(`
    SELECT to_regclass('schema_migrations') IS NOT NULL AS migrations,
           to_regclass('schema_compatibility') IS NOT NULL AS mark`);
  const applied: { name: string }[] = there!.migrations
    ? await dataSource.query('SELECT name FROM schema_migrations ORDER BY "timestamp"')
    : [];
  const marks: { oldest_migration: string; because: string }[] = there!.mark
    ? await dataSource.query('SELECT oldest_migration, because FROM schema_compatibility')
    : [];
  const names = new Set(applied.map(({ name }) => name));
  const [mark] = marks;
  return {
    missing: known.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    unknown: [...names].filter((name) => !known.some((one) => one.name === name)),
    mark: mark && { oldestMigration: Number(mark.oldest_migration), because: mark.because },
  };
}

/**
 * Throws SchemaUnfit where this version may not run. A newer schema says with its mark which versions may: a version cannot
 * know what later ones change.
 */
export function requireFit({ missing, unknown, mark }: SchemaState): void {
  requireNotNewer({ unknown, mark });
  if (missing.length === 0) return;
  if (missing.length === known.length) throw new SchemaUnfit('it has no tables yet: run holdfast migrate');
  throw new SchemaUnfit(
    `its schema is older than this version, by ${missing.join(', ')}: run holdfast migrate`,
  );
}

export function requireNotNewer({ unknown, mark }: Pick<SchemaState, 'unknown' | 'mark'>): void {
  const newest = Math.max(...known.map(({ number }) => number));
  const isFit = mark === undefined ? unknown.length === 0 : newest >= mark.oldestMigration;
  if (isFit) return;
  const why = mark === undefined ? `it has ${unknown.join(', ')}` : mark.because;
  throw new SchemaUnfit(`this binary is older than the schema (${why}): run a newer version`);
}

function numberOf(name: string): number {
  return Number(/\d+$/.exec(name)![0]);
}
