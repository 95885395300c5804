import type { Command } from '../../domain/command.js';
import { UNREFERENCED } from '../../domain/hold.js';
import { mapName } from '../../domain/map-name.js';
import type { Submission } from '../submission.js';
import { orderOf } from './order-of.js';
import { countCandidates, sourcedLines } from './sources.js';

/*
 * What commands make their batch read and write is counted in lines: a line is one record that one command changes.
 * A batch has room for a limited number of lines. How many a command really needs becomes known in steps, and each step
 * leaves the commands without room to the next batch:
 *
 * - before it is taken from the queue, by what the command says;
 * - before the locks, by the records of the orders that it changes as a whole, and those that it may choose from;
 * - behind the locks, and before they are read, by the holds that it may draw on without naming them.
 *
 * The first command of a batch always has room. It needs at most twice ORDER_RECORDS_MAX lines, for the records that
 * its order holds and those that it may choose from, in addition to those that it names.
 */

/**
 * A guess, since the records of an order that is changed as a whole are known only when its batch runs. If it is too
 * low, batches run in parts; if it is too high, batches are small.
 */
const WHOLE_ORDER_LINES = 5;

/** A guess, since the records that a line may choose from are known only when its batch runs. */
const SOURCED_LINE_LINES = 4;

/** Reading and ending this many holds takes as long as one command: docs/performance.md has the figures. */
const HOLDS_A_LINE = 2;

/** A larger draw without a reference may have to look at many holds before it is refused. */
const SMALL_DRAW_QTY = 100;
const LARGE_DRAW_LINES = 10;

/** The lines of a command, by what it says. */
export function weightOf({ command }: Submission): number {
  switch (command.kind) {
    case 'release':
    case 'confirm':
      return command.reference === UNREFERENCED && command.qty > SMALL_DRAW_QTY ? LARGE_DRAW_LINES : 1;
    case 'adjust':
      return command.releaseShortfall === true && command.qty < -SMALL_DRAW_QTY ? LARGE_DRAW_LINES : 1;
    case 'batch_adjust':
      return command.lines.length;
    case 'reserve_order':
    case 'set_order':
      return Math.max(1, command.lines.length + sourcedLines(command).length * SOURCED_LINE_LINES);
    case 'release_order':
    case 'confirm_order':
    case 'move_order':
      return command.lines?.length ?? WHOLE_ORDER_LINES;
    case 'extend_order':
      return WHOLE_ORDER_LINES;
    case 'reserve':
    case 'set_hold':
    case 'set_on_hand':
    case 'create_record':
    case 'receive_record':
    case 'count_record':
    case 'update_record':
    case 'update_settings':
      return 1;
  }
}

/** How many records each order holds units of, by merchant and reference, and how many each source has, by its name. */
export type FoundSizes = ReadonlyMap<string, number>;

/** Holds that commands need without naming them. */
export interface UnnamedHolds {
  /** How many more the command needs than those before it. */
  needOf(command: Command): number;
  /** The command will be decided. */
  add(command: Command): void;
}

/** How many of the commands have room, from the first on: at least one. Adds these to `unnamed`. */
export function countWithRoom(
  submissions: readonly Submission[],
  linesMax: number,
  sizes: FoundSizes,
  unnamed: readonly UnnamedHolds[] = [],
): number {
  let lines = 0;
  for (const [index, submission] of submissions.entries()) {
    const { command } = submission;
    const order = orderOf(command);
    const size = order === undefined ? undefined : (sizes.get(mapName(command.merchantId, order)) ?? 1);
    // An order mostly holds what it is then set to, so the larger of the two is accurate enough.
    if (command.kind === 'reserve_order' || command.kind === 'set_order') {
      lines += Math.max(size ?? 1, command.lines.length + countCandidates(command, sizes));
    } else lines += size ?? weightOf(submission);
    for (const holds of unnamed) lines += Math.ceil(holds.needOf(command) / HOLDS_A_LINE);
    if (lines > linesMax && index > 0) return index;
    for (const holds of unnamed) holds.add(command);
  }
  return submissions.length;
}
