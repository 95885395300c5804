import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { type Figures, JointFigures } from '../../../../src/telemetry/metrics/joint-figures.js';

/** The figures of a process that has counted `n`. */
function processOf(n: number): Promise<Figures> {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'calls', help: 'calls', labelNames: ['rpc'], registers }).inc({ rpc: 'Reserve' }, n);
  new Histogram({ name: 'duration', help: 'duration', buckets: [1, 10], registers }).observe(n);
  new Gauge({ name: 'open', help: 'open', registers }).set(n);
  new Gauge({ name: 'build', help: 'build', aggregator: 'first', registers }).set(1);
  new Gauge({ name: 'process_start_time_seconds', help: 'start', aggregator: 'omit', registers }).set(n);
  new Gauge({ name: 'nodejs_eventloop_lag_p99_seconds', help: 'lag', aggregator: 'average', registers }).set(
    n,
  );
  return registry.getMetricsAsJSON();
}

const lines = async (joint: JointFigures, processes: Figures[]): Promise<string[]> =>
  (await joint.join(processes)).text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('counters and histograms add up, gauges by their kind', async () => {
  expect(await lines(new JointFigures(), [await processOf(1), await processOf(5)])).toEqual([
    'calls{rpc="Reserve"} 6',
    'duration_bucket{le="1"} 1',
    'duration_bucket{le="10"} 2',
    'duration_bucket{le="+Inf"} 2',
    'duration_sum 6',
    'duration_count 2',
    'open 6',
    'build 1',
    'process_start_time_seconds 1',
    'nodejs_eventloop_lag_p99_seconds 5',
  ]);
});

test('what a process has counted stays when it ends, however many do; what it had is gone', async () => {
  const joint = new JointFigures();
  for (let ended = 1; ended <= 25; ended++) {
    await joint.end(await processOf(2));
    expect(await lines(joint, [await processOf(1)])).toEqual(
      expect.arrayContaining([
        `calls{rpc="Reserve"} ${1 + 2 * ended}`,
        `duration_count ${1 + ended}`,
        'open 1',
        'process_start_time_seconds 1',
      ]),
    );
  }
});
