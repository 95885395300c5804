import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http2';
import type { DescMessage, Message } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import { decodeBinary } from '../dispatch/decode.js';
import type { CallMetadata } from '../dispatch/dispatcher.js';
import { saneRequestId } from '../dispatch/request-id.js';
import { UnreadableRequest } from '../dispatch/unreadable-request.js';
import type { Header } from './gate/header-table.js';
import { malformation } from './guard/headers.js';

/** What the dispatcher reads of a gRPC call. */
abstract class GrpcArrival implements CallMetadata {
  readonly door = 'grpc';
  abstract readonly deadlineAtMs: number | undefined;
  #requestId: string | undefined;

  abstract header(name: string): string | undefined;

  get traceparent(): string | undefined {
    return this.header('traceparent');
  }

  /** Created on demand: most calls succeed and need none. */
  get requestId(): string {
    this.#requestId ??= saneRequestId(this.header('x-request-id')) ?? randomUUID();
    return this.#requestId;
  }
}

/** A call that the library has read. */
export class GrpcCallMetadata extends GrpcArrival {
  readonly #metadata: Metadata;
  readonly #deadline: Date | number;

  constructor(call: { readonly metadata: Metadata; getDeadline(): Date | number }) {
    super();
    this.#metadata = call.metadata;
    this.#deadline = call.getDeadline();
  }

  override header(name: string): string | undefined {
    const value = this.#metadata.get(name)[0];
    return typeof value === 'string' ? value : undefined;
  }

  /** A call without a deadline has Infinity. */
  override get deadlineAtMs(): number | undefined {
    return typeof this.#deadline === 'number' ? this.#deadline : this.#deadline.getTime();
  }
}

/** The headers of a call that the library has not seen. */
export class HeadersMetadata extends GrpcArrival {
  override readonly deadlineAtMs = undefined;
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    super();
    this.#headers = headers;
  }

  override header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : undefined;
  }
}

/** The headers of a call that node:http2 has not seen. */
export class FieldsMetadata extends GrpcArrival {
  override readonly deadlineAtMs = undefined;
  readonly #fields: readonly Header[];

  constructor(fields: readonly Header[]) {
    super();
    this.#fields = fields;
  }

  /** Undefined also if there are several: which of them counts is for node:http2 to say. */
  override header(name: string): string | undefined {
    let value: string | undefined;
    for (const field of this.#fields) {
      if (field.name !== name) continue;
      if (value !== undefined) return undefined;
      value = field.value;
    }
    return value;
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
