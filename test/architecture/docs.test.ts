import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { projectRoot } from '../support/process.js';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

const withoutCode = (page: string): string => page.replaceAll(/^```.*?^```/gms, '');

const docs = readdirSync(join(projectRoot, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'deploy/README.md', 'test/README.md', ...docs];

describe.each(docs)('%s', (page) => {
  test('opens with whom it is for', () => {
    const [title, opening = ''] = read(page).split('\n\n');
    expect(title).toMatch(/^# \S/);
    expect(opening).toMatch(/^(?:For those who|Where to look,) /);
  });
});

test('docs/README.md leads to every page', () => {
  const map = read('docs/README.md');
  const others = docs.filter((page) => page !== 'docs/README.md');
  expect(others.filter((page) => !map.includes(`](${page.slice('docs/'.length)})`))).toEqual([]);
});

test('package, lock file and changelog name one version', () => {
  const { version } = JSON.parse(read('package.json'));
  const lock = JSON.parse(read('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
  const [unreleased, latest] = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(unreleased).toBe('Unreleased');
  expect(latest).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`));
});

test.each(pages)('%s links to files that are there', (page) => {
  const targets = [...withoutCode(read(page)).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(
    ([, target]) => target!,
  );
  expect(targets.filter((target) => !existsSync(join(projectRoot, dirname(page), target)))).toEqual([]);
});

/** Files of the project, and its folders. */
const paths = readdirSync(projectRoot, { withFileTypes: true })
  .filter(({ name }) => !/^(?:\.git|\.holdfast|node_modules|build|dist)$/.test(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(projectRoot, entry.name), { recursive: true, encoding: 'utf8' }).map(
          (path) => `${entry.name}/${path}`,
        )
      : [entry.name],
  );

test.each(pages)('%s names files of the source that are there', (page) => {
  const said = [
    ...read(page).matchAll(/`((?:src|test|tools|bench|proto)\/[\w./-]+|[\w./-]+\.ts|[\w-]+\/[\w./-]+)`/g),
  ]
    .map(([, path]) => path!.replace(/\/$/, ''))
    .filter((path) => /^(?:src|test|tools|bench|proto)\/|\.(?:ts|proto)$/.test(path));
  expect(said.filter((path) => !paths.some((one) => `/${one}`.endsWith(`/${path}`)))).toEqual([]);
});

test('docs/architecture.md names every folder of src', () => {
  const page = read('docs/architecture.md');
  const rooms = readdirSync(join(projectRoot, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(projectRoot.length)
        .replace(/^\/?src\//, ''),
    )
    .filter((room) => !room.startsWith('gen') && room !== 'transport');
  expect(rooms.length).toBeGreaterThan(30);
  const named = (room: string): boolean =>
    page.includes(`\`src/${room}\``) || page.includes(`\`${room.split('/').at(-1)}\``);
  expect(rooms.filter((room) => !named(room))).toEqual([]);
});

describe('figures', () => {
  const rateOf = (turn: string): string => {
    const row = read('docs/performance.md')
      .split('\n')
      .find((line) => line.startsWith(`| ${turn} `));
    return row?.split('|')[3]?.trim() ?? `no row of ${turn}`;
  };
  const compared = ['plain, one record', 'sql, one record', 'holdfast, one record'].map(rateOf);
  const others = ['holdfast, Execute, one record', 'noop, one record'].map(rateOf);

  test.each([
    ['README.md', [...compared, ...others]],
    ['docs/alternatives.md', compared],
  ])('%s has those of the newest measured run', (page, values) => {
    expect(values.filter((value) => !new RegExp(`\\b${value}\\b`).test(read(page)))).toEqual([]);
  });

  test('README.md names the limits that are in force', () => {
    const { limits: inForce } = loadConfig({ JWT_SECRET: 'x'.repeat(32) });
    const orders = read('proto/inventory/v1/orders.proto');
    const limits = new Map(
      [...read('README.md').matchAll(/^\| ([a-z][^|]*) \| ([^|]*) \| \S/gm)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    expect(limits.get("a call's body")).toBe(`${inForce.bodyBytesMax / 1024} KiB (\`BODY_BYTES_MAX\`)`);
    expect(limits.get('calls that wait')).toContain(inForce.queueCommandsMax.toLocaleString('en-US'));
    expect(limits.get('streams of a process')).toContain(inForce.streamsMax.toLocaleString('en-US'));
    expect(limits.get('lines of an order, in one call')).toBe(/max_items: (\d+)/.exec(orders)?.[1]);
    expect(limits.get('the time of a hold')).toContain(
      `${Number(/lte: (\d{6,})/.exec(orders)?.[1]) / 86_400} days`,
    );
  });
});
