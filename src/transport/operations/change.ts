import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { Permission, Principal } from '../../auth/principal.js';
import type { FieldViolation } from '../../domain/failure.js';
import type { Success } from '../../domain/outcome.js';
import type { CallContext } from '../../service/call.js';
import type { Refused, Result } from '../../service/commands.js';
import type { Operation } from './operation.js';

/** An RPC that changes something: from a request message through a use case to a response message. */
export function change<I extends DescMessage, O extends DescMessage, S extends Success>(
  permission: Permission,
  method: DescMethodUnary<I, O>,
  run: (call: CallContext, request: MessageShape<I>) => Result<S> | Promise<Result<S>>,
  answer: (success: S, request: MessageShape<I>, principal: Principal) => MessageInitShape<O>,
): Operation {
  return {
    method,
    permission,
    changes: true,
    handle: async (call, message) => {
      const request = message as MessageShape<I>;
      const result = await run(call, request);
      if (!result.ok) return result;
      const answered = create(method.output, answer(result.success, request, call.principal));
      return { ok: true, message: answered, replayed: result.replayed };
    },
  };
}

/** Refuses a request that its message's rules allow but no use case can carry out. */
export function invalid(violation: FieldViolation): Refused {
  return {
    ok: false,
    failure: { reason: 'VALIDATION_FAILED', violations: [violation] },
    replayed: false,
  };
}
