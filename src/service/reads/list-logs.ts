import type { MovementAction } from '../../domain/movement.js';
import { type LoggedMovement, listLogsAfter, listLogsByOffset } from '../../store/reads/logs.js';
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

/** Lists the merchant's log, latest entry first. */
export function listLogs(
  reader: Reader,
  merchantId: string,
  { inventoryId, reference, action, fromUs, toUs, ...request }: ListLogsRequest,
): Promise<Page<LoggedMovement>> {
  const filter = {
    ...(inventoryId !== '' && { inventoryId }),
    ...(reference !== '' && { reference }),
    ...(action !== undefined && { action }),
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && { toUs }),
  };
  return readPage(request, {
    list: ['logs', merchantId, inventoryId, reference, action ?? '', fromUs ?? '', toUs ?? ''],
    place: (entry: LoggedMovement) => [entry.loggedAtUs, entry.inventoryId, entry.revision] as const,
    anyPlace: [0, '', 0] as const,
    byOffset: (offset, limit) => listLogsByOffset(reader, merchantId, filter, offset, limit),
    after: ([loggedAtUs, place, revision], limit) =>
      listLogsAfter(reader, merchantId, filter, { loggedAtUs, inventoryId: place, revision }, limit),
  });
}
