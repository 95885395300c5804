import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Metrics } from '../../../../src/telemetry/metrics/metrics.js';
import { projectRoot } from '../../../support/process.js';

/** Every series that there can be, at least once. */
async function scrapeAll(): Promise<string> {
  const metrics = new Metrics('1.2.3', () => ({ queued: 3, recordsAwaited: 1 }));
  const { calls, engine, database, service } = metrics;
  const call = { rpc: 'Reserve', door: 'grpc', outcome: 'ok', reason: 'OK' };
  calls.called(call, 3, true);
  calls.called({ ...call, outcome: 'rejection', reason: 'INSUFFICIENT_STOCK' }, 30, false);
  calls.streamOpened('WatchInventory', 'rest');
  calls.streamRefused({
    ...call,
    rpc: 'WatchInventory',
    door: 'rest',
    outcome: 'fault',
    reason: 'OVERLOADED',
  });
  for (const ms of [0, 40, 40_000]) engine.taken(ms);
  engine.batch(3);
  engine.recordFree(12);
  engine.retried('40');
  engine.split();
  engine.settled('undone');
  engine.recordKept();
  const stalled = { connection: 1, transaction: 2 };
  database.addPool('changes', () => ({ inUse: 2, idle: 1, max: 10, waiting: 4, stalled }));
  database.addPool('reads', () => ({ inUse: 0, idle: 1, max: 4, waiting: 0, stalled }));
  database.transaction({ kind: 'batch', outcome: 'committed' }, 5, 1);
  database.transaction({ kind: 'look', outcome: 'committed' }, 5, undefined);
  database.stalled('lock');
  service.addSweep('holds', () => ({ backlog: 2, lagMs: 1500 }));
  service.swept('holds', 7);
  service.sweepEnded('holds', false);
  service.showReadiness(() => ({
    is: 'degraded',
    checks: ['database', 'issuer'],
    why: { issuer: 'unreachable' },
  }));
  return (await metrics.scrape()).text;
}

describe('what is shown', async () => {
  const lines = (await scrapeAll()).split('\n');
  const shown = (prefix: string): string[] => lines.filter((line) => line.startsWith(prefix));

  test.each<[string, string[]]>([
    [
      'holdfast_calls_total',
      [
        '{rpc="Reserve",door="grpc",outcome="ok",reason="OK"} 1',
        '{rpc="Reserve",door="grpc",outcome="rejection",reason="INSUFFICIENT_STOCK"} 1',
        '{rpc="WatchInventory",door="rest",outcome="fault",reason="OVERLOADED"} 1',
      ],
    ],
    ['holdfast_replays_total', ['{rpc="Reserve"} 1']],
    ['holdfast_streams', ['{rpc="WatchInventory",door="rest"} 1']],
    ['holdfast_queue_wait_seconds_count', [' 3']],
    ['holdfast_queue_wait_seconds_sum', [' 40.04']],
    ['holdfast_queue_wait_seconds_bucket{le="0.025"}', [' 1']],
    ['holdfast_queue_wait_seconds_bucket{le="0.05"}', [' 2']],
    ['holdfast_queue_wait_seconds_bucket{le="30"}', [' 2']],
    ['holdfast_queue_wait_seconds_bucket{le="+Inf"}', [' 3']],
    ['holdfast_batch_retries_total', ['{class="40"} 1']],
    ['holdfast_transaction_seconds_count{kind="batch"', [',outcome="committed"} 1']],
    ['holdfast_commit_seconds_count', [' 1']],
    ['holdfast_pool_connections{pool="changes"', [',state="in_use"} 2', ',state="idle"} 1']],
    ['holdfast_pool_waiting', ['{pool="changes"} 4', '{pool="reads"} 0']],
    ['holdfast_stalled', ['{on="connection"} 2', '{on="transaction"} 4']],
    ['holdfast_ready', [' 1']],
    ['holdfast_check_up', ['{check="database"} 1', '{check="issuer"} 0']],
    ['holdfast_swept_total', ['{sweep="holds"} 7']],
    ['holdfast_sweep_failures_total', ['{sweep="holds"} 1']],
    ['holdfast_sweep_lag_seconds', ['{sweep="holds"} 1.5']],
  ])('%s%j', (prefix, ends) => {
    const own = shown(prefix).filter((line) => /^[{ ,]/.test(line.slice(prefix.length)));
    expect(own.map((line) => line.slice(prefix.length))).toEqual(ends);
  });

  test('docs/operations.md has a row for every series, with its type and its labels, and for nothing else', () => {
    const page = readFileSync(join(projectRoot, 'docs/operations.md'), 'utf8');
    const told = [...page.matchAll(/^\| `(holdfast_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
      ([, name, type, labels]) => ({
        name,
        type,
        labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
      }),
    );
    const types = shown('# TYPE holdfast_').map((line) => line.slice('# TYPE '.length).split(' '));
    const found = types.map(([name, type]) => {
      const series = lines.find((line) => new RegExp(`^${name}(_bucket)?[{ ]`).test(line)) ?? '';
      const labels = [...series.matchAll(/(\w+)="/g)].map(([, label]) => label!);
      return { name, type, labels: labels.filter((label) => label !== 'le').sort() };
    });
    const byName = (one: { name?: string | undefined }, other: { name?: string | undefined }): number =>
      String(one.name).localeCompare(String(other.name));
    expect(told.sort(byName)).toEqual(found.sort(byName));
  });
});
