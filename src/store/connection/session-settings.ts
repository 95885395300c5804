import type { DataSource } from 'typeorm';

/** Settings that have another name within a transaction. */
const OF_TRANSACTION: Readonly<Record<string, string>> = {
  default_transaction_isolation: 'transaction_isolation',
  default_transaction_read_only: 'transaction_read_only',
};

/** Turns settings of a session (`name=value`, spaces escaped) into the first statements of a transaction. */
export function inTransactions(options: readonly string[], limits: Readonly<Record<string, number>>): string {
  const settings = [
    ...options.map((option) => option.replaceAll('\\', '').split('=') as [name: string, value: string]),
    ...Object.entries(limits),
  ];
  return settings.map(([name, value]) => `SET LOCAL ${OF_TRANSACTION[name] ?? name} = '${value}'`).join('; ');
}

/** Throws if a session does not have the limits that it was opened with. All other settings take the same path. */
export async function requireSettings(
  dataSource: DataSource,
  {
    statementTimeoutMs,
    lockTimeoutMs,
  }: { readonly statementTimeoutMs: number; readonly lockTimeoutMs: number },
): Promise<void> {
  const wanted = { statement_timeout: statementTimeoutMs, lock_timeout: lockTimeoutMs, jit: 'off' };
  const rows: { name: keyof typeof wanted; setting: string }[] = await dataSource.query(
    `SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'jit')`,
  );
  const lost = rows.filter(({ name, setting }) => String(wanted[name]) !== setting);
  if (lost.length === 0) return;
  const found = lost.map(({ name, setting }) => `${name} is ${setting} rather than ${wanted[name]}`);
  throw new Error(`its sessions do not have the settings that they are opened with: ${found.join(', ')}`);
}
