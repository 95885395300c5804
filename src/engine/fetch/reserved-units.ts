import type { Command, OrderLine } from '../../domain/command.js';

const NONE: readonly OrderLine[] = [];

/** The units that a command may reserve at most, in addition to what is reserved; a record may be named twice. */
export function unitsToReserve(command: Command): readonly OrderLine[] {
  switch (command.kind) {
    case 'reserve':
    // Of a hold that is set, no more is reserved than it has afterwards.
    case 'set_hold':
      return [command];
    case 'reserve_order':
    case 'set_order':
      return command.lines;
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
