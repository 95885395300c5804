import type { Command, Source, SourcedLine } from '../../domain/command.js';
import { SOURCE_RECORDS_MAX } from '../../domain/decisions/source.js';
import { mapName } from '../../domain/map-name.js';
import type { HoldKey } from '../../store/tables/holds.js';
import type { SourceKey, SourceRow } from '../../store/tables/record-sources.js';
import type { RecordKey } from '../../store/tables/stock-levels.js';

/** A source of lines, and the references whose holds on its records the decisions need. */
export interface PlannedSource extends SourceKey {
  readonly references: ReadonlySet<string>;
}

/** Collects the sources of a batch's commands, each once. */
export class SourcePlanner {
  readonly #sources = new Map<string, SourceKey & { readonly references: Set<string> }>();

  add(command: Command): void {
    if (command.kind !== 'reserve_order' && command.kind !== 'set_order') return;
    const { merchantId, reference, sourced = NONE } = command;
    for (const { of, warehouseIds } of sourced) {
      const name = sourceName(merchantId, { of, warehouseIds });
      const source = this.#sources.get(name) ?? { merchantId, of, warehouseIds, references: new Set() };
      source.references.add(reference);
      this.#sources.set(name, source);
    }
  }

  planned(): readonly PlannedSource[] {
    return [...this.#sources.values()];
  }
}

const NONE: readonly SourcedLine[] = [];

/** The lines of a command that leave it open from which records the units come. */
export function sourcedLines(command: Command): readonly SourcedLine[] {
  return (
    (command.kind === 'reserve_order' || command.kind === 'set_order' ? command.sourced : undefined) ?? NONE
  );
}

/** A unique name for a source: its parts cannot contain a NUL. It is never the name of an order. */
export function sourceName(merchantId: string, { of, warehouseIds }: Source): string {
  const parts = 'skuId' in of ? ['sku', of.skuId] : ['product', of.productId];
  return [merchantId, ...parts, ...warehouseIds].join('\0');
}

/** The records of these sources; none of a source with too many, since its lines are refused. */
export function candidateRecords(sources: readonly SourceRow[]): RecordKey[] {
  return sources.flatMap(({ merchantId, candidates }) =>
    candidates.length > SOURCE_RECORDS_MAX ? [] : candidates.map(({ id }) => ({ merchantId, id })),
  );
}

/** The holds on candidates that decisions need. */
export function candidateHolds(planned: readonly PlannedSource[], found: readonly SourceRow[]): HoldKey[] {
  const references = new Map(
    planned.map((source) => [sourceName(source.merchantId, source), source.references]),
  );
  const holds = new Map<string, HoldKey>();
  for (const source of found) {
    for (const { merchantId, id: inventoryId } of candidateRecords([source])) {
      for (const reference of references.get(sourceName(merchantId, source)) ?? []) {
        holds.set(`${mapName(merchantId, inventoryId)}\n${reference}`, {
          merchantId,
          inventoryId,
          reference,
        });
      }
    }
  }
  return [...holds.values()];
}

/** How many records a command may choose from, by the sizes of its sources. */
export function countCandidates(command: Command, sizes: ReadonlyMap<string, number>): number {
  const names = new Set(sourcedLines(command).map((line) => sourceName(command.merchantId, line)));
  let count = 0;
  for (const name of names) count += sizes.get(name) ?? 1;
  return count;
}
