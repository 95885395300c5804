import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { Principal } from '../../auth/principal.js';
import type { CallContext } from '../../service/call.js';
import type { ReadResult } from '../../service/reads/read-result.js';
import type { Operation } from './operation.js';

/** An RPC that changes nothing. */
export function read<I extends DescMessage, O extends DescMessage, T>(
  method: DescMethodUnary<I, O>,
  find: (call: CallContext, request: MessageShape<I>) => Promise<ReadResult<T>>,
  answer: (value: T, principal: Principal) => MessageInitShape<O>,
): Operation {
  return {
    method,
    permission: 'can_read_inventory',
    changes: false,
    handle: async (call, request) => {
      const result = await find(call, request as MessageShape<I>);
      if (!result.ok) return { ...result, replayed: false };
      const message = create(method.output, answer(result.value, call.principal));
      return { ok: true, message, replayed: false };
    },
  };
}

/** The same for RPCs that reveal no order, note or actor. */
export const readStock: typeof read = (...parts) => ({ ...read(...parts), permission: 'can_read_stock' });
