import { fromBinary } from '@bufbuild/protobuf';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  HelpSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
} from '../../../src/gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.js';
import type { Answer } from './door.js';

export interface Detail {
  /** `google.rpc.ErrorInfo` */
  readonly type: string;
  readonly value: Uint8Array;
}

/** The details of `grpc-status-details-bin`. */
export function statusDetails(bytes: Uint8Array): { code: number; message: string; details: Detail[] } {
  const { code, message, details } = fromBinary(StatusSchema, bytes);
  return {
    code,
    message,
    details: details.map((d) => ({ type: d.typeUrl.slice(d.typeUrl.lastIndexOf('/') + 1), value: d.value })),
  };
}

type Explained = Pick<
  Answer,
  'reason' | 'domain' | 'metadata' | 'violations' | 'preconditions' | 'retryAfterSeconds' | 'help'
>;

/** The content of google.rpc details. An unknown one is a fault of the service: clients could not print it. */
export function explain(details: readonly Detail[]): Explained {
  let explained: Explained = {};
  for (const { type, value } of details) explained = { ...explained, ...explainOne(type, value) };
  return explained;
}

function explainOne(type: string, value: Uint8Array): Explained {
  switch (type) {
    case 'google.rpc.ErrorInfo': {
      const { reason, domain, metadata } = fromBinary(ErrorInfoSchema, value);
      return { reason, domain, metadata: { ...metadata } };
    }
    case 'google.rpc.BadRequest': {
      const { fieldViolations } = fromBinary(BadRequestSchema, value);
      return { violations: Object.fromEntries(fieldViolations.map((v) => [v.field, v.description])) };
    }
    case 'google.rpc.PreconditionFailure': {
      const { violations } = fromBinary(PreconditionFailureSchema, value);
      return { preconditions: violations.map(({ $typeName: _, ...violation }) => violation) };
    }
    case 'google.rpc.RetryInfo':
      return { retryAfterSeconds: Number(fromBinary(RetryInfoSchema, value).retryDelay?.seconds) };
    case 'google.rpc.Help': {
      const [link, ...more] = fromBinary(HelpSchema, value).links;
      if (link === undefined || more.length > 0) throw new Error('one link is enough');
      return { help: link.url };
    }
    default:
      throw new Error(`an error detail of type ${type}`);
  }
}
