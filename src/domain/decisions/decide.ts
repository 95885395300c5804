import type { Command } from '../command.js';
import type { Successes } from '../outcome.js';
import { decideAdjust, decideBatchAdjust } from './adjust.js';
import { decideCountRecord, decideSetOnHand } from './count.js';
import type { Decision, RecordView, World } from './decision.js';
import { decideConfirmOrder, decideReleaseOrder } from './end-order.js';
import { decideExtendOrder } from './extend-order.js';
import { decideMoveOrder } from './move-order.js';
import { decideReserveOrder } from './order.js';
import { decideReceiveRecord } from './receive.js';
import { decideCreateRecord, decideUpdateRecord } from './record.js';
import { decideConfirm, decideRelease } from './release-confirm.js';
import { decideReserve } from './reserve.js';
import { decideSetHold } from './set-hold.js';
import { decideSetOrder } from './set-order.js';
import { decideUpdateSettings } from './update-settings.js';

type Kind = Command['kind'];
type Commands = { readonly [K in Kind]: Extract<Command, { readonly kind: K }> };

/** The rule of each kind of command. The type ties a rule's success to its kind. */
const rules: {
  readonly [K in Kind]: <R extends RecordView>(
    command: Commands[K],
    world: World<R>,
  ) => Decision<R, Successes[K]>;
} = {
  reserve: decideReserve,
  release: decideRelease,
  confirm: decideConfirm,
  set_hold: decideSetHold,
  reserve_order: decideReserveOrder,
  set_order: decideSetOrder,
  release_order: decideReleaseOrder,
  confirm_order: decideConfirmOrder,
  extend_order: decideExtendOrder,
  move_order: decideMoveOrder,
  adjust: decideAdjust,
  batch_adjust: decideBatchAdjust,
  set_on_hand: decideSetOnHand,
  create_record: decideCreateRecord,
  receive_record: decideReceiveRecord,
  count_record: decideCountRecord,
  update_record: decideUpdateRecord,
  update_settings: decideUpdateSettings,
};

/**
 * Decides one command on locked state. Pure and total: no I/O, no clock, and every failure is in the answer. Checks run
 * in one order: existence, then state, then capacity.
 */
export function decide<R extends RecordView, K extends Kind = Kind>(
  command: Commands[K] & { readonly kind: K },
  world: World<R>,
): Decision<R, Successes[K]> {
  return rules[command.kind](command, world);
}
