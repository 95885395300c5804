import type { DoneLine, ImportLine } from '../../domain/import-line.js';
import type { DoneLineRow } from '../../store/tables/import-lines.js';

/** The lines of a merchant's imports that were done before the batch, or by its own commands. */
export class LineBook {
  /** By content. */
  readonly #contents = new Map<string, number>();
  /** By line number. */
  readonly #numbers = new Map<string, number>();
  readonly fresh: ImportLine[] = [];

  load({ line, doneAtMs }: DoneLineRow): void {
    this.#contents.set(contentName(line), doneAtMs);
    this.#numbers.set(numberName(line), doneAtMs);
  }

  find(line: ImportLine): DoneLine | undefined {
    const same = this.#contents.get(contentName(line));
    if (same !== undefined) return { found: 'same', doneAtMs: same };
    const other = this.#numbers.get(numberName(line));
    return other === undefined ? undefined : { found: 'other', doneAtMs: other };
  }

  remember(line: ImportLine, doneAtMs: number): void {
    this.#contents.set(contentName(line), doneAtMs);
    this.#numbers.set(numberName(line), doneAtMs);
    this.fresh.push(line);
  }
}

function contentName({ memoryId, content }: ImportLine): string {
  return `${memoryId} ${content}`;
}

function numberName({ memoryId, number }: ImportLine): string {
  return `${memoryId} ${number}`;
}
