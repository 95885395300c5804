import type { Command } from '../../domain/command.js';

/** The order whose holds the command needs all of, on whichever records they are. */
export function orderOf(command: Command): string | undefined {
  switch (command.kind) {
    case 'set_order':
    case 'extend_order':
      return command.reference;
    case 'release_order':
    case 'confirm_order':
    case 'move_order':
      return command.lines === undefined ? command.reference : undefined;
    default:
      return undefined;
  }
}
