import type { MovementAction } from '../../domain/movement.js';
import {
  COUNTED_ENTRIES_MAX,
  type LoggedMovement,
  type LogSlice,
  listLogsAfter,
  listLogsByOffset,
} from '../../store/reads/logs.js';
import type { Reader } from '../../store/reads/read-pool.js';
import { type Page, type PageRequest, readPage } from './page-request.js';

export type { LoggedMovement };

/** A filter that is undefined or '' matches everything. */
export interface ListLogsRequest extends PageRequest {
  readonly inventoryId: string;
  readonly reference: string;
  readonly action: MovementAction | undefined;
  /** From this instant on, and before that one; microseconds since the epoch. */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

export interface LogsPage extends Page<LoggedMovement> {
  /** Whether the total is an estimate: there are more entries than are counted. */
  readonly totalIsEstimate: boolean;
  /** The log may lack entries from before this instant, microseconds since the epoch: they were pruned. Null: none. */
  readonly prunedBeforeUs: number | null;
}

/** Lists the merchant's log, latest entry first. */
export async function listLogs(
  reader: Reader,
  merchantId: string,
  { inventoryId, reference, action, fromUs, toUs, ...request }: ListLogsRequest,
): Promise<LogsPage> {
  const filter = {
    ...(inventoryId !== '' && { inventoryId }),
    ...(reference !== '' && { reference }),
    ...(action !== undefined && { action }),
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && { toUs }),
  };
  let read: LogSlice & { readonly isEstimate?: boolean };
  const page = await readPage(request, {
    list: ['logs', merchantId, inventoryId, reference, action ?? '', fromUs ?? '', toUs ?? ''],
    place: (entry: LoggedMovement) => [entry.loggedAtUs, entry.inventoryId, entry.revision] as const,
    anyPlace: [0, '', 0] as const,
    byOffset: async (offset, limit) => {
      const slice = await listLogsByOffset(reader, merchantId, filter, offset, limit);
      read = slice;
      return slice;
    },
    after: async ([loggedAtUs, place, revision], limit) => {
      const after = { loggedAtUs, inventoryId: place, revision };
      read = await listLogsAfter(reader, merchantId, filter, after, limit);
      return read;
    },
  });
  // A walk's token carries the total alone.
  const { prunedBeforeUs, isEstimate = page.totalElements > COUNTED_ENTRIES_MAX } = read!;
  return { ...page, totalIsEstimate: isEstimate, prunedBeforeUs };
}
