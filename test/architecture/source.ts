import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface SourceFile {
  /** Relative to src, with slashes. */
  readonly path: string;
  /** A part in the sense of the import rule: a folder of src, or a file at its top without `.ts`. */
  readonly area: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
}

export interface Import {
  /** A file relative to src, or a package's name. */
  readonly target: string;
  readonly isPackage: boolean;
  /** It does not exist at run time. */
  readonly typesOnly: boolean;
}

/** Every source file, except generated ones. */
export function readSource(): SourceFile[] {
  return readFolder('src').map(({ path, text, lines }) => {
    return { path, area: areaOf(path), lines, imports: importsOf(path, text) };
  });
}

export interface TextFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Every TypeScript file of the folders, by its path from the top of the project; except generated ones. */
export function readTree(...folders: readonly string[]): TextFile[] {
  return folders.flatMap((folder) =>
    readFolder(folder).map((file) => ({ ...file, path: `${folder}/${file.path}` })),
  );
}

function readFolder(folder: string): TextFile[] {
  const top = join(root, folder);
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(top, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('gen/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(top, path), 'utf8');
      return { path, text, lines: text.trimEnd().split('\n') };
    });
}

/** `store/tables/holds.ts` → `store`; `main.ts` → `main`; generated code is named by its package. */
export function areaOf(path: string): string {
  const [top, ...rest] = path.replace(/\.ts$/, '').split('/');
  return top === 'gen' ? `gen/${rest.slice(0, -1).join('/')}` : top!;
}

export function importsOf(path: string, text: string): Import[] {
  // `import … from 'x'`, `export … from 'x'`, `import 'x'` at the start of a line; `import('x')` and `.resolve('x')`,
  // which finds the files of a package, anywhere.
  const statements = text.matchAll(
    /^(?:import|export)\s+(?:(type\s)?\s*([^'";]*?)\s*from\s+)?'([^']+)'|(?:\bimport|(?<!Promise)\.resolve)\(\s*'([^']+)'\s*\)/gm,
  );
  return [...statements].map(([, type, names, from, dynamic]) => {
    const specifier = (from ?? dynamic)!;
    const isPackage = !specifier.startsWith('.');
    return {
      target: isPackage ? packageName(specifier) : resolveFile(path, specifier),
      isPackage,
      typesOnly: type !== undefined || (names !== undefined && /^\{(?:\s*type\s[^,]*,?)+\s*\}$/.test(names)),
    };
  });
}

function resolveFile(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
