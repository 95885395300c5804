import type { Command, OrderLine } from '../../domain/command.js';
import type { RecordKey } from '../../store/tables/stock-levels.js';

const NONE: readonly OrderLine[] = [];

/**
 * The most units that a command may reserve of these records, in addition to what is reserved. A record may come twice.
 * A line that leaves the choice of records open counts for each of them.
 */
export function unitsToReserve(command: Command, records: readonly RecordKey[]): readonly OrderLine[] {
  switch (command.kind) {
    case 'reserve':
    // Setting a hold reserves no more units than it then has.
    case 'set_hold':
      return [command];
    case 'reserve_order':
    case 'set_order': {
      if (command.sourced === undefined) return command.lines;
      const own = records.filter(({ merchantId }) => merchantId === command.merchantId);
      return [...command.lines, ...command.sourced.flatMap(({ qty }) => own.map(({ id }) => ({ id, qty })))];
    }
    case 'release':
    case 'confirm':
    case 'release_order':
    case 'confirm_order':
    case 'extend_order':
    case 'move_order':
    case 'adjust':
    case 'batch_adjust':
    case 'set_on_hand':
    case 'create_record':
    case 'receive_record':
    case 'count_record':
    case 'update_record':
    case 'update_settings':
      return NONE;
  }
}
