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
      return namesOf(merchantId, command.lines);
    case 'release_order':
    case 'confirm_order':
    case 'move_order':
      return command.lines === undefined ? NONE : namesOf(merchantId, command.lines);
    case 'extend_order':
      return (command.records ?? NONE).map((id) => mapName(merchantId, id));
    case 'receive_record':
    case 'count_record':
      return command.id === undefined ? NONE : [mapName(merchantId, command.id)];
    case 'update_settings':
      return NONE;
  }
}

function namesOf(merchantId: string, lines: readonly { readonly id: string }[]): readonly string[] {
  if (lines.length === 1) return [mapName(merchantId, lines[0]!.id)];
  return [...new Set(lines.map(({ id }) => mapName(merchantId, id)))];
}
