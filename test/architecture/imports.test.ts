import { describe, expect, test } from 'vitest';
import { areaOf, importsOf, readSource, readTree } from './source.js';

/**
 * Which part may import which; imports only go down. `x*` means only the types of x. Where code lives follows from
 * what it knows: see docs/architecture.md.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // It ends the process, so it knows the errors of all parts below.
  main: [
    'app',
    'auth*',
    'cli',
    'config',
    'database-unusable',
    'printable',
    'service',
    'transport',
    'version',
  ],
  // Loads as little as it can.
  'health-check': ['cli'],
  worker: ['app'],
  cli: [
    'app',
    'auth',
    'config',
    'database',
    'database-unusable',
    'domain',
    'embedded-postgres',
    'engine',
    'jwt-secret',
    'loopback',
    'printable',
    'service',
    'store',
    'telemetry',
    'version',
  ],
  app: [
    'auth',
    'collections',
    'config*',
    'database',
    'database-unusable',
    'domain*',
    'engine',
    'jwt-secret',
    'service',
    'store',
    'telemetry',
    'timing',
    'transport',
    'version',
  ],
  'jwt-secret': ['config*'],
  database: ['config*', 'database-target', 'database-unusable', 'embedded-postgres', 'store', 'timing'],
  transport: [
    'auth',
    'collections',
    'config*',
    'domain',
    'gen/google/api',
    'gen/google/rpc',
    'gen/inventory/v1',
    'gen/merchants/v1',
    'service*',
    'telemetry*',
    'timing',
    'transcoding',
  ],
  transcoding: ['gen/google/api'],
  service: ['auth', 'config*', 'domain', 'engine*', 'store', 'telemetry*', 'timing'],
  engine: ['domain', 'store', 'telemetry*', 'timing'],
  auth: ['config*', 'store'],
  store: ['database-target', 'domain', 'timing'],
  'embedded-postgres': [],
  collections: [],
  domain: [],
  timing: [],
  telemetry: ['config*', 'otel-config*', 'printable', 'timing'],
  config: ['database-url', 'environment', 'jwt-config', 'loopback', 'otel-config'],
  'jwt-config': ['environment*'],
  'otel-config': ['environment*'],
  'database-target': [],
  'database-unusable': [],
  'database-url': ['database-target', 'environment*'],
  environment: [],
  loopback: [],
  printable: [],
  version: [],
};

/** Which parts may import which package. `x*` means that x may import only its types. */
const packages: Readonly<Record<string, readonly string[]>> = {
  typeorm: ['store', 'app*', 'database*', 'engine*', 'service*'],
  pg: ['store', 'embedded-postgres'],
  'embedded-postgres': ['embedded-postgres'],
  jose: ['auth'],
  'lru-cache': ['auth', 'service', 'transport'],
  commander: ['main', 'cli'],
  pino: ['telemetry'],
  'pino-pretty': ['telemetry'],
  'prom-client': ['telemetry'],
  '@opentelemetry/api': ['telemetry'],
  '@opentelemetry/core': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-http': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-proto': ['telemetry'],
  '@opentelemetry/resources': ['telemetry'],
  '@opentelemetry/sdk-trace': ['telemetry'],
  '@grpc/grpc-js': ['transport'],
  '@grpc/reflection': ['transport'],
  'grpc-health-check': ['transport'],
  '@connectrpc/connect': ['transport'],
  '@connectrpc/connect-node': ['transport'],
  '@bufbuild/protobuf': ['transport', 'transcoding'],
  '@bufbuild/protovalidate': ['transport'],
  'swagger-ui-dist': ['transport'],
};

const source = readSource();

function permits(list: readonly string[], name: string, typesOnly: boolean): boolean {
  return list.includes(name) || (typesOnly && list.includes(`${name}*`));
}

test('there is source to read', () => {
  expect(source.map((file) => file.path)).toEqual(
    expect.arrayContaining(['main.ts', 'domain/decisions/decide.ts', 'transport/http/rest/rest.ts']),
  );
  expect(source.find((file) => file.path === 'app/engine-room.ts')!.imports).toContainEqual({
    target: 'engine/engine.ts',
    isPackage: false,
    typesOnly: false,
  });
});

test('every file lives in a place that the table knows', () => {
  expect(source.filter((file) => allowed[file.area] === undefined).map((file) => file.path)).toEqual([]);
});

test('no import climbs', () => {
  const climbing = source.flatMap((file) =>
    file.imports
      .filter(({ isPackage }) => !isPackage)
      .filter(({ target, typesOnly }) => {
        const area = areaOf(target);
        return area !== file.area && !permits(allowed[file.area] ?? [], area, typesOnly);
      })
      .map(({ target, typesOnly }) => `${file.path} → ${target}${typesOnly ? ' (types)' : ''}`),
  );
  expect(climbing).toEqual([]);
});

test('the rules of stock need nothing but each other', () => {
  const needed = source
    .filter((file) => file.area === 'domain')
    .flatMap((file) => file.imports)
    .filter((needs) => needs.isPackage);
  expect(needed).toEqual([]);
});

test('each package is only imported where the table allows it', () => {
  const strays = source.flatMap((file) =>
    file.imports
      .filter(({ isPackage, target }) => isPackage && !target.startsWith('node:'))
      .filter(({ target, typesOnly }) => !permits(packages[target] ?? [], file.area, typesOnly))
      .map(({ target }) => `${file.path} → ${target}`),
  );
  expect(strays).toEqual([]);
});

test('no file imports itself through others', () => {
  const edges = new Map(
    readTree('src', 'bench', 'tools').map(({ path, text }) => [
      path,
      importsOf(path, text)
        .filter(({ isPackage }) => !isPackage)
        .map(({ target }) => target),
    ]),
  );
  expect(edges.get('bench/main.ts')).toContain('bench/rounds.ts');
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (finished.has(path)) return;
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path].join(' → '));
      return;
    }
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  expect(cycles).toEqual([]);
});

test('commands do not wait for the sweep: the engine calls it, not what applies them', () => {
  const imports = new Map(source.map((file) => [file.path, file.imports.map(({ target }) => target)]));
  const needed = new Set(['engine/apply-commands.ts']);
  for (const path of needed) for (const target of imports.get(path) ?? []) needed.add(target);
  expect(needed).toContain('engine/fetch/fetch.ts');
  expect(needed).not.toContain('engine/hold-sweep.ts');
});

describe('ratchets: each may only get tighter', () => {
  const linesWith = (pattern: RegExp): string[] =>
    source.flatMap((file) =>
      file.lines
        .map((line, i) => ({ line, where: `${file.path}:${i + 1}` }))
        .filter(({ line }) => pattern.test(line))
        .map(({ where }) => where),
    );

  test('no file is longer than 300 lines', () => {
    const long = source.filter((file) => file.lines.length > 300);
    expect(long.map((file) => `${file.path}: ${file.lines.length}`)).toEqual([]);
  });

  test('only main and worker end the process', () => {
    expect(linesWith(/\bprocess\.(exit|abort)\b/).filter((at) => !/^(?:main|worker)\.ts:/.test(at))).toEqual(
      [],
    );
  });

  test.each([
    ['the schema is never synchronized', /synchronize:\s*true/],
    ['nothing is written past the logger', /\bconsole\./],
    ['no metadata is emitted for decorators', /emitDecoratorMetadata|reflect-metadata/],
    ['no type is silenced', /@ts-(ignore|expect-error|nocheck)|\bas any\b|:\s*any\s*[;,)=\]]/],
  ])('%s', (_, pattern) => {
    expect(linesWith(pattern)).toEqual([]);
  });
});

describe('how imports are read', () => {
  test.each([
    ["import { a } from './b.js';", 'domain/b.ts', false],
    ["import a from '../store/b.js';", 'store/b.ts', false],
    ["import type { a } from '../config.js';", 'config.ts', true],
    ["import { type A, type B } from './b.js';", 'domain/b.ts', true],
    ["import { type A, b } from './b.js';", 'domain/b.ts', false],
    ["import {\n  type A,\n  type B,\n} from './b.js';", 'domain/b.ts', true],
    ["import {\n  type A,\n  b,\n} from './b.js';", 'domain/b.ts', false],
    ["export * from './b.js';", 'domain/b.ts', false],
    ["export type { A } from './b.js';", 'domain/b.ts', true],
    ["import './b.js';", 'domain/b.ts', false],
    ["const b = await import('./b.js');", 'domain/b.ts', false],
    ["const b = createRequire(import.meta.url).resolve('b/package.json');", 'b', false],
    ["import { a } from '@bufbuild/protobuf/wkt';", '@bufbuild/protobuf', false],
    ["import { join } from 'node:path';", 'node:path', false],
  ])('%s', (text, target, typesOnly) => {
    expect(importsOf('domain/a.ts', text)).toMatchObject([{ target, typesOnly }]);
  });
});
