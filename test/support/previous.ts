import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './process.js';

/** The build of the version before, unpacked where it finds our dependencies. Returns its `main.js`. */
export function unpackPrevious(): string {
  const kept = join(projectRoot, 'test/previous');
  const [archive] = readdirSync(kept).filter((name) => name.endsWith('.tgz'));
  const folder = join(projectRoot, 'build/previous');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['xzf', join(kept, archive!), '-C', folder]);
  return join(folder, 'dist/main.js');
}
