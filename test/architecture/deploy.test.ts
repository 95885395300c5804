import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config.js';
import { hasProgram, projectRoot } from '../support/process.js';

/** Only what git tracks, not other files that happen to be in the folder. */
const tracked = execFileSync('git', ['ls-files'], { cwd: projectRoot, encoding: 'utf8' }).trim().split('\n');
const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const within = (folder: string): string[] => tracked.filter((path) => path.startsWith(`deploy/${folder}/`));

/** A process of the service, as a file under deploy/ starts it. */
interface Run {
  readonly file: string;
  readonly image: string | undefined;
  /** Undefined: the image's own command. */
  readonly command: readonly string[] | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly stopSeconds: number | undefined;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}
interface ComposeService {
  readonly build?: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
  readonly volumes?: readonly string[];
}

const composeFiles = ['docker-compose.yml', 'deploy/compose/docker-compose.yml'];
const compose = (file: string): ComposeFile => documents(file)[0] as ComposeFile;
function documents(file: string): unknown[] {
  return parseAllDocuments(read(file), { merge: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

function composeRuns(file: string): Run[] {
  return Object.values(compose(file).services)
    .filter(({ build }) => build !== undefined)
    .map(({ image, command, environment = {}, stop_grace_period: grace }) => ({
      file,
      image,
      command,
      settings: environment,
      stopSeconds: grace === undefined ? undefined : Number.parseInt(grace, 10),
    }));
}

/** Every pod in a manifest, at any depth. */
function podsIn(value: unknown): Pod[] {
  if (value === null || typeof value !== 'object') return [];
  return 'containers' in value ? [value as Pod] : Object.values(value).flatMap(podsIn);
}
interface Pod {
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly {
    readonly image: string;
    readonly command?: readonly string[];
    readonly env?: readonly { readonly name: string }[];
    readonly envFrom?: readonly unknown[];
  }[];
}

function kubernetesRuns(): Run[] {
  const { data } = documents('deploy/kubernetes/config.yaml')[0] as { data: Record<string, string> };
  return within('kubernetes').flatMap((file) =>
    podsIn(documents(file)).flatMap(({ containers, terminationGracePeriodSeconds }) =>
      containers.map(({ image, command, env = [], envFrom }) => ({
        file,
        image,
        command,
        settings: {
          ...(envFrom && data),
          ...Object.fromEntries(env.map(({ name }) => [name, ''])),
        },
        stopSeconds: terminationGracePeriodSeconds,
      })),
    ),
  );
}

function systemdRuns(): Run[] {
  const lines = (text: string): string[] => text.split('\n').filter((line) => /^\w+=/.test(line));
  const settings = Object.fromEntries(
    lines(read('deploy/systemd/holdfast.env')).map((line) => line.split(/=(.*)/s)),
  );
  return within('systemd')
    .filter((file) => file.endsWith('.service'))
    .map((file) => {
      const unit = Object.fromEntries(lines(read(file)).map((line) => line.split(/=(.*)/s)));
      return {
        file,
        image: undefined,
        command: unit.ExecStart.replace('/usr/bin/', '').split(' '),
        settings: file.endsWith('/holdfast.service') ? settings : {},
        stopSeconds: Number(unit.TimeoutStopSec),
      };
    });
}

const runs = [...composeFiles.flatMap(composeRuns), ...kubernetesRuns(), ...systemdRuns()];
const known = new Set<string>();
loadConfig(new Proxy({}, { get: (_, name) => void known.add(String(name)) }));
const defaults = loadConfig({}).limits;

test('processes are found in all four folders', () => {
  expect(new Set(runs.map(({ file }) => dirname(file))).size).toBe(4);
  expect(runs.length).toBeGreaterThanOrEqual(10);
});

describe.each(runs.map((run) => [`${run.file}: ${run.command?.join(' ') ?? 'the image'}`, run] as const))(
  '%s',
  (_, { image, command, settings, stopSeconds }) => {
    test('sets only variables that exist', () => {
      expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
    });

    test('is of this version', () => {
      const { version } = JSON.parse(read('package.json'));
      if (image !== undefined) expect(image.split(':').at(-1)).toBe(version);
    });

    test('starts a command that exists', () => {
      if (command === undefined) return;
      const [node, ...words] = command.filter((word) => !word.startsWith('-'));
      expect([node, words[0]]).toEqual(['node', 'dist/main.js']);
      expect(read('src/main.ts').includes(`'${words[1]}'`) || existsSync(`src/cli/${words[1]}.ts`)).toBe(
        true,
      );
    });

    test('has the time to finish what it accepted', () => {
      if (command !== undefined && !command.includes('serve')) return;
      const drainMs = Number(settings.DRAIN_DELAY_MS ?? defaults.drainDelayMs);
      expect(stopSeconds! * 1000).toBeGreaterThan(drainMs + defaults.shutdownTimeoutMs);
    });
  },
);

describe.each(composeFiles)('%s', (file) => {
  const { services } = compose(file);

  test('mounts only files that exist', () => {
    const mounted = Object.values(services)
      .flatMap(({ volumes = [] }) => volumes)
      .filter((volume) => volume.startsWith('.'))
      .map((volume) => normalize(join(dirname(file), volume.split(':')[0]!)));
    const missing = mounted.filter(
      (path) => !tracked.some((one) => one === path || one.startsWith(`${path}/`)),
    );
    // Made by make-certificates.sh.
    expect(missing.filter((path) => !path.startsWith('deploy/compose/certificates'))).toEqual([]);
  });
});

describe('what its own tool finds valid, where the tool is installed', () => {
  test.skipIf(!hasProgram('haproxy'))('haproxy', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-haproxy-'));
    const tls = join(projectRoot, 'test/support/tls');
    writeFileSync(
      join(folder, 'balancer.pem'),
      ['server.crt', 'server.key'].map((name) => readFileSync(join(tls, name), 'utf8')).join(''),
    );
    const config = read('deploy/compose/haproxy.cfg')
      .replaceAll('/certificates/ca.crt', join(tls, 'ca.crt'))
      .replaceAll('/certificates', folder);
    writeFileSync(join(folder, 'haproxy.cfg'), config);
    expect(ran('haproxy', '-c', '-f', join(folder, 'haproxy.cfg'))).toBe(0);
    rmSync(folder, { recursive: true });
  });

  test.skipIf(!hasProgram('systemd-analyze') || !existsSync('/usr/bin/node'))('systemd', () => {
    expect(
      ran('systemd-analyze', 'verify', ...within('systemd').filter((file) => !file.endsWith('.env'))),
    ).toBe(0);
  });

  test.skipIf(!hasProgram('docker-compose'))('docker-compose', () => {
    const secrets = { POSTGRES_PASSWORD: 'p', JWT_SECRET: 'j', GRAFANA_PASSWORD: 'g' };
    for (const file of composeFiles) {
      const { status } = spawnSync('docker-compose', ['--file', file, 'config'], {
        cwd: projectRoot,
        env: { ...process.env, ...secrets },
      });
      expect([file, status]).toEqual([file, 0]);
    }
  });
});

function ran(program: string, ...words: string[]): number | null {
  return spawnSync(program, words, { cwd: projectRoot }).status;
}
