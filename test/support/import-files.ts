import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files to import, in a folder that `remove` removes. */
export class ImportFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'));
  #count = 0;

  /** Returns the path of a new file with that ending. */
  write(content: string | Buffer, ending = 'csv'): string {
    const path = join(this.#folder, `stock-${this.#count++}.${ending}`);
    writeFileSync(path, content);
    return path;
  }

  /** A file of `count` products `<prefix><i>`, each with i % 7 + 1 units. */
  products(count: number, prefix = 'P'): string {
    const lines = Array.from({ length: count }, (_, i) => `${prefix}${i},wh_1,${unitsOf(i)}`);
    return this.write(`productId,warehouseId,qty\n${lines.join('\n')}\n`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function unitsOf(i: number): number {
  return (i % 7) + 1;
}
