import type { Failure } from '../domain/failure.js';
import type { CallOrigin, Door } from '../service/call.js';
import type { CallSpan, SentTrace, SpanAttributes, Tracing } from '../telemetry/spans.js';
import type { Arrival } from '../transport/dispatch/call-observer.js';
import { doorStatus } from '../transport/failures/door-status.js';
import { outcomeOf } from '../transport/failures/failure-facts.js';
import { fullNameOf } from '../transport/operations/method-path.js';
import type { Operation } from '../transport/operations/operation.js';

/** What a span says of its call. */
interface SpannedCall {
  readonly operation: Pick<Operation, 'method'>;
  readonly origin: CallOrigin;
  readonly merchantId: string | undefined;
  readonly span: CallSpan | undefined;
}

const systems: Readonly<Record<Door, string>> = {
  grpc: 'grpc',
  'grpc-web': 'grpc',
  connect: 'connectrpc',
  rest: 'rest',
};

/** Calls as spans: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/ */
export class CallSpans {
  readonly #tracing: Tracing | undefined;

  constructor(tracing: Tracing | undefined) {
    this.#tracing = tracing;
  }

  call(operation: Pick<Operation, 'method'>, arrival: Arrival): CallSpan | undefined {
    return this.#tracing?.call(fullNameOf(operation.method), sentWith(arrival));
  }

  stream(operation: Pick<Operation, 'method'>, arrival: Arrival): CallSpan | undefined {
    return this.#tracing?.stream(fullNameOf(operation.method), sentWith(arrival));
  }

  within(bringer: CallSpan, operation: Pick<Operation, 'method'>): CallSpan {
    return bringer.call(fullNameOf(operation.method));
  }

  /** Only the service's faults are errors of the span. */
  end(call: SpannedCall, failure: Failure | undefined, replayed: boolean): void {
    call.span?.end(
      () => attributesOf(call, failure, replayed),
      outcomeOf(failure) === 'fault' ? failure?.reason : undefined,
    );
  }
}

function sentWith(arrival: Arrival): SentTrace {
  return { traceparent: arrival.traceparent, tracestate: arrival.header('tracestate') };
}

function attributesOf(
  { operation, origin, merchantId }: SpannedCall,
  failure: Failure | undefined,
  replayed: boolean,
): SpanAttributes {
  const { door, requestId } = origin;
  const status = doorStatus(door, failure);
  return {
    'rpc.system.name': systems[door],
    'rpc.method': fullNameOf(operation.method),
    ...(status !== undefined && { 'rpc.response.status_code': status }),
    ...(failure !== undefined && { 'error.type': failure.reason }),
    'holdfast.door': door,
    'holdfast.request_id': requestId,
    ...(merchantId !== undefined && { 'holdfast.merchant_id': merchantId }),
    ...(replayed && { 'holdfast.replayed': true }),
  };
}
