import type { Command } from '../command.js';
import { decideAdjust, decideBatchAdjust } from './adjust.js';
import { decideCountRecord } from './count.js';
import type { Decision, RecordView, World } from './decision.js';
import { decideConfirmOrder, decideReleaseOrder, decideReserveOrder } from './order.js';
import { decideReceiveRecord } from './receive.js';
import { decideCreateRecord, decideUpdateRecord } from './record.js';
import { decideConfirm, decideRelease } from './release-confirm.js';
import { decideReserve } from './reserve.js';
import { decideUpdateSettings } from './update-settings.js';

/**
 * Decides one command against what is locked. Pure and total: no I/O, no clock of its own, and no failure that is
 * not in the answer. Checks run in one order: existence, then state, then capacity.
 */
export function decide<R extends RecordView>(command: Command, world: World<R>): Decision<R> {
  switch (command.kind) {
    case 'reserve':
      return decideReserve(command, world);
    case 'release':
      return decideRelease(command, world);
    case 'confirm':
      return decideConfirm(command, world);
    case 'reserve_order':
      return decideReserveOrder(command, world);
    case 'release_order':
      return decideReleaseOrder(command, world);
    case 'confirm_order':
      return decideConfirmOrder(command, world);
    case 'adjust':
      return decideAdjust(command, world);
    case 'batch_adjust':
      return decideBatchAdjust(command, world);
    case 'create_record':
      return decideCreateRecord(command, world);
    case 'receive_record':
      return decideReceiveRecord(command, world);
    case 'count_record':
      return decideCountRecord(command, world);
    case 'update_record':
      return decideUpdateRecord(command, world);
    case 'update_settings':
      return decideUpdateSettings(command, world);
  }
}
