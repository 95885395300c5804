import type { Engine } from '../../src/engine/engine.js';
import { answerParent } from '../answer-parent.js';
import { ON_HAND_QTY } from '../load/plan.js';
import { type ServiceStart, startService } from './service.js';

/** Takes the engine's place: grants everything at once. */
const grantAll: Engine = {
  submit: async ({ command }) => {
    if (command.kind !== 'reserve') throw new Error(`no-op of ${command.kind}`);
    const stock = { id: command.id, onHandQty: ON_HAND_QTY, reservedQty: command.qty };
    return { kind: 'decided', outcome: { ok: true, stock } };
  },
  drain: async () => undefined,
};

/** The same server, door, credentials and validation: what the protocol alone allows. */
answerParent({ start: (start: ServiceStart) => startService(start, { engine: grantAll }) });
