import type { Answer } from './door.js';

/** What the head of an HTTP response says, whatever its body. */
export function responseFacts({
  status,
  headers,
}: Response): Pick<Answer, 'httpStatus' | 'replayed' | 'requestId'> {
  const requestId = headers.get('x-request-id');
  return {
    httpStatus: status,
    replayed: headers.get('idempotency-replayed') === 'true',
    ...(requestId === null ? {} : { requestId }),
  };
}
