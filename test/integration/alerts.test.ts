import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { test } from '../support/fixtures.js';
import { hasProgram, projectRoot } from '../support/process.js';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}
const rules = parse(read('deploy/prometheus/holdfast.rules.yml')) as { groups: { rules: Alert[] }[] };
const alerts = rules.groups.flatMap((group) => group.rules);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(read('deploy/grafana/dashboards/holdfast.json')) as { panels: Panel[] };
const queries = [
  ...alerts.map(({ alert, expr }) => ({ name: alert, expr })),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ name: title, expr })),
  ),
];

test('the service has every metric that alerts and panels ask for', async ({ service }) => {
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  const series = new Set(
    [...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name!],
    ),
  );
  const asked = queries.flatMap(({ name, expr }) =>
    [...expr.matchAll(/\b(?:holdfast|process|nodejs)_\w+/g)].map(([metric]) => ({ name, metric })),
  );
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.filter(({ metric }) => !series.has(metric))).toEqual([]);
});

describe.each(alerts)('$alert', ({ alert, annotations }) => {
  test('docs/runbook.md explains it', () => {
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    expect(read('docs/runbook.md')).toMatch(new RegExp(`^### ${alert}\n\n\\S`, 'm'));
  });

  test('has a test', () => {
    const cases = read('deploy/prometheus/holdfast.rules.test.yml').split('alertname:').slice(1);
    expect(cases.some((one) => new RegExp(`^ ${alert}\n +exp_alerts:\n +- exp_labels`).test(one))).toBe(true);
  });
});

test('docs/runbook.md explains no other alert, and names panels that exist', () => {
  const section = read('docs/runbook.md')
    .split(/^## /m)
    .find((part) => part.startsWith('Alerts'))!;
  const named = [...section.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  const titles = dashboard.panels.map(({ title }) => title);
  const panels = [...section.matchAll(/(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)/g)].map(([, title]) => title!);
  expect(panels.filter((title) => !titles.some((one) => one.startsWith(title)))).toEqual([]);
});

test.skipIf(!hasProgram('promtool'))('promtool finds the rules valid, and their tests hold', () => {
  const folder = { cwd: join(projectRoot, 'deploy/prometheus'), encoding: 'utf8' } as const;
  expect(execFileSync('promtool', ['check', 'rules', 'holdfast.rules.yml'], folder)).toContain('SUCCESS');
  expect(execFileSync('promtool', ['test', 'rules', 'holdfast.rules.test.yml'], folder)).toContain('SUCCESS');
});
