import { randomUUID } from 'node:crypto';
import type { DescMessage, Message } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import { decodeBinary } from '../dispatch/decode.js';
import { type CallMetadata, UnreadableRequest } from '../dispatch/dispatcher.js';
import { saneRequestId } from '../dispatch/request-id.js';
import { malformation } from './guard/headers.js';

/** A gRPC call's metadata, as the dispatcher reads it. */
export class GrpcCallMetadata implements CallMetadata {
  readonly #metadata: Metadata;
  readonly #deadline: Date | number;
  #requestId: string | undefined;

  constructor(call: { readonly metadata: Metadata; getDeadline(): Date | number }) {
    this.#metadata = call.metadata;
    this.#deadline = call.getDeadline();
  }

  header(name: string): string | undefined {
    const value = this.#metadata.get(name)[0];
    return typeof value === 'string' ? value : undefined;
  }

  /** A call without a deadline has Infinity. */
  get deadlineAtMs(): number | undefined {
    return typeof this.#deadline === 'number' ? this.#deadline : this.#deadline.getTime();
  }

  /** Created on demand: most calls succeed and need none. */
  get requestId(): string {
    this.#requestId ??= saneRequestId(this.header('x-request-id')) ?? randomUUID();
    return this.#requestId;
  }
}

/** The request, unless the call's headers rule it out. */
export function decodeCall(
  schema: DescMessage,
  { metadata, request }: { readonly metadata: Metadata; readonly request: Buffer },
): Message {
  const malformed = malformation(metadata);
  if (malformed !== undefined) throw new UnreadableRequest(malformed);
  return decodeBinary(schema, request);
}
