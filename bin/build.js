#!/usr/bin/env node
/**
 * Compiles `src` to `dist`. npm runs it as `prepare`, also when somebody calls `npx holdfast` for the first time: then
 * a service may be running from `dist`, or there may be no compiler, as in the image. So it does nothing where `dist`
 * is of these sources already, or where there are none, and puts a new `dist` into place whole.
 *
 * `--force` compiles in any case.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const compiler = join(root, 'node_modules/.bin/tsc');
/** In `dist`: the digest of what it was compiled from. */
const STAMP = '.sources';

function main() {
  if (!existsSync(join(root, 'src')) || !existsSync(compiler)) {
    if (existsSync(join(dist, 'main.js'))) return 0;
    process.stderr.write('holdfast: not built, and there is no compiler: run `npm ci` in a whole checkout\n');
    return 1;
  }
  const sources = digestOfSources();
  if (!process.argv.includes('--force') && builtFrom() === sources) return 0;
  return build(sources);
}

/** @param {string} sources */
function build(sources) {
  // Next to `dist`, since source maps name sources relative to their own folder.
  const draft = join(root, `dist.${process.pid}`);
  try {
    const { status, error } = spawnSync(
      compiler,
      ['-p', join(root, 'tsconfig.build.json'), '--outDir', draft],
      {
        cwd: root,
        stdio: 'inherit',
        // On Windows, npm's programs are scripts of a shell.
        shell: process.platform === 'win32',
      },
    );
    if (error !== undefined) throw error;
    if (status !== 0) return status ?? 1;
    writeFileSync(join(draft, STAMP), sources);
    putIntoPlace(draft);
    return 0;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Two renames, so that nobody finds half of it. Another build may finish at the same time; then its result is replaced.
 *
 * @param {string} draft
 */
function putIntoPlace(draft) {
  const old = `${draft}-old`;
  for (let tries = 1; ; tries++) {
    try {
      if (existsSync(dist)) renameSync(dist, old);
      renameSync(draft, dist);
      return;
    } catch (error) {
      if (tries === 10) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

function digestOfSources() {
  const digest = createHash('sha256');
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) =>
    join(root, name),
  );
  for (const path of [...files, ...settings.filter((setting) => existsSync(setting))]) {
    const content = readFileSync(path);
    digest.update(`${path.slice(root.length)}\0${content.length}\0`).update(content);
  }
  return digest.digest('hex');
}

function builtFrom() {
  try {
    return readFileSync(join(dist, STAMP), 'utf8');
  } catch {
    return undefined;
  }
}

process.exitCode = main();
