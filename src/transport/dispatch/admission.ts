import type { Message } from '@bufbuild/protobuf';
import type { Principal } from '../../auth/principal.js';
import type { Failure } from '../../domain/failure.js';

/** Who calls and what for, or why the call is refused. */
export type Admission =
  | {
      readonly ok: true;
      readonly principal: Principal;
      readonly request: Message;
      readonly idempotencyKey: string | undefined;
    }
  | Refused;

export interface Refused {
  readonly ok: false;
  /** Undefined: the caller is not known. */
  readonly principal: Principal | undefined;
  readonly failure: Failure;
}

export function refused(principal: Principal | undefined, failure: Failure): Refused {
  return { ok: false, principal, failure };
}
