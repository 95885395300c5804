import { type Answer, Unanswered } from './door.js';

/** @throws Unanswered when the answer does not come, or not to its end. */
export async function exchange(
  url: string,
  init: RequestInit,
): Promise<{ response: Response; body: Buffer }> {
  try {
    const response = await fetch(url, init);
    return { response, body: Buffer.from(await response.arrayBuffer()) };
  } catch (error) {
    const { cause } = error as Error;
    throw new Unanswered(`${error}: ${cause}`, { cause: error });
  }
}

/** What the head of an HTTP response says, whatever the body is. */
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
