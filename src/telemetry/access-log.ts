import type { AccessLog } from '../config.js';
import type { Logger } from './logger.js';
import { readTraceparent } from './trace-context.js';

interface CallOrigin {
  readonly door: string;
  /** The caller's, or one that is created when this is first read. */
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

/** A call that has been answered, or a stream that has ended. */
export interface AccessedCall {
  readonly rpc: string;
  readonly origin: CallOrigin;
  /** `OK`, or the reason of the failure. */
  readonly reason: string;
  /** Undefined: the caller is not known. */
  readonly merchantId: string | undefined;
  readonly durationMs: number;
  /** The call or stream that brought it as one of many. */
  readonly within?: string | undefined;
  /** The call's span, if it is traced. */
  readonly span?: { readonly traceId: string } | undefined;
}

export type AccessObserver = (call: AccessedCall) => void;

/** Of the calls with the same RPC, door and reason, one in this many is logged, beginning with the first. */
const SAMPLED_EACH = 100;

/** Logs a line for each call, or for some of them. */
export function accessLog(logger: Logger, which: AccessLog): AccessObserver | undefined {
  switch (which) {
    case 'off':
      return undefined;
    case 'all':
      return (call) => write(logger, call);
    case 'errors':
      return (call) => {
        if (call.reason !== 'OK') write(logger, call);
      };
    case 'sampled': {
      const counts = new Map<string, number>();
      return (call) => {
        const kind = `${call.rpc} ${call.origin.door} ${call.reason}`;
        const count = counts.get(kind) ?? 0;
        counts.set(kind, count + 1);
        if (count % SAMPLED_EACH === 0) write(logger, call);
      };
    }
  }
}

function write(logger: Logger, call: AccessedCall): void {
  const { rpc, within, merchantId, reason, span } = call;
  const { door, requestId, traceparent } = call.origin;
  const durationMs = Math.round(call.durationMs * 1000) / 1000;
  const traceId = span?.traceId ?? readTraceparent(traceparent)?.traceId;
  logger.info({ door, rpc, within, merchantId, reason, durationMs, requestId, traceId }, 'call');
}
