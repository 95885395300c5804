import { codeToString } from '@connectrpc/connect/protocol-connect';
import type { Failure } from '../../domain/failure.js';
import type { Door } from '../../service/call.js';
import { errorCodes } from './errors.js';

/** How a call's end is called at its door; undefined: it has no name for success. */
export function doorStatus(door: Door, failure: Failure | undefined): string | undefined {
  const codes = failure && errorCodes[failure.reason];
  switch (door) {
    case 'rest':
      return String(codes?.httpStatus ?? 200);
    case 'connect':
      return codes && codeToString(codes.code);
    case 'grpc':
    case 'grpc-web':
      return codes === undefined ? 'OK' : codeToString(codes.code).toUpperCase();
  }
}
