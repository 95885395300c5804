/**
 * `buf breaking` against the main branch. In a clone without that branch (a detached checkout of the first commit, for
 * example) there is nothing to compare with; it says so and succeeds.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';

const branch = ['origin/main', 'main'].find(
  (ref) => spawnSync('git', ['rev-parse', '--verify', '--quiet', `${ref}:proto`]).status === 0,
);
if (branch === undefined) {
  console.log('No main branch with protos here: nothing to compare with.');
} else {
  // The branch has our protos but not their imports, so it is laid out next to the gathered files.
  const base = 'build/breaking-base';
  rmSync(base, { recursive: true, force: true });
  mkdirSync(base, { recursive: true });
  const archive = execFileSync('git', ['archive', '--format=tar', branch, 'proto']);
  execFileSync('tar', ['-x', '-C', base], { input: archive });
  cpSync('build/proto-deps', `${base}/proto-deps`, { recursive: true });
  writeFileSync(`${base}/buf.yaml`, 'version: v2\nmodules:\n  - path: proto\n  - path: proto-deps\n');
  const args = ['breaking', 'proto', '--against', `${base}/proto`];
  const { status } = spawnSync('buf', args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  console.log(`No breaking change against ${branch}.`);
}
