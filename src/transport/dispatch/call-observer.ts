import type { CallOrigin } from '../../service/call.js';
import type { CallSpan } from '../../telemetry/spans.js';
import type { Operation, Reply } from '../operations/operation.js';

/** What is known of a call when it arrives. */
export interface Arrival extends CallOrigin {
  /** By lower-case name: an HTTP header or gRPC metadata. */
  header(name: string): string | undefined;
}

export interface DispatchObserver {
  /** A call begins. Undefined: nobody traces it. */
  began(operation: Pick<Operation, 'method'>, arrival: Arrival): CallSpan | undefined;
  /** A call begins that another one brings, such as a command of a batch. */
  beganWithin(bringer: CallSpan, operation: Pick<Operation, 'method'>): CallSpan;
  replied(call: AnsweredCall): void;
  /** Something threw that should not have; the caller received INTERNAL. */
  crashed(error: unknown, operation: Pick<Operation, 'method'>, origin: CallOrigin): void;
}

export interface AnsweredCall {
  readonly operation: Operation;
  readonly origin: CallOrigin;
  /** Undefined: the caller is not known. */
  readonly merchantId: string | undefined;
  readonly reply: Reply;
  readonly durationMs: number;
  /** The call or stream that brought it as one of many. */
  readonly within: 'BatchExecute' | 'Execute' | undefined;
  readonly span: CallSpan | undefined;
}
