import type { Command } from '../../domain/command.js';
import { mapName } from '../../domain/map-name.js';

const NONE: readonly string[] = [];

/** The records that the command names, each once. Only the database knows which records an order holds units of. */
export function recordsNamed(command: Command): readonly string[] {
  const { merchantId } = command;
  switch (command.kind) {
    case 'reserve':
    case 'set_hold':
    case 'release':
    case 'confirm':
    case 'adjust':
    case 'set_on_hand':
    case 'update_record':
    case 'create_record':
      return [mapName(merchantId, command.id)];
    case 'reserve_order':
    case 'set_order':
    case 'batch_adjust':
      return command.lines.length === 1
        ? [mapName(merchantId, command.lines[0]!.id)]
        : [...new Set(command.lines.map(({ id }) => mapName(merchantId, id)))];
    case 'receive_record':
    case 'count_record':
      return command.id === undefined ? NONE : [mapName(merchantId, command.id)];
    case 'release_order':
    case 'confirm_order':
    case 'update_settings':
      return NONE;
  }
}
