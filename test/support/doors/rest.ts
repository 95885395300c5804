import { type Answer, type Door, requestHeaders } from './door.js';
import { responseFacts } from './http.js';

interface RestErrorBody {
  readonly message: string;
  readonly code?: string;
  readonly error?: string;
  readonly errors?: Record<string, string>;
}

/** The published REST paths by fetch. */
export function restDoor(httpUrl: string): Door {
  return {
    name: 'REST',
    call: async (rpc, { id, ...body }, options = {}) => {
      const url = `${httpUrl}/v1/inventory/${encodeURIComponent(id)}/${rpc.toLowerCase()}`;
      const response = await fetch(url, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', ...requestHeaders(options) },
        body: JSON.stringify(body),
      });
      const json = (await response.json()) as { status: boolean; data?: unknown } & RestErrorBody;
      if (json.status !== response.ok) throw new Error('body and status contradict each other');
      return response.ok
        ? { ok: true, stock: json.data, ...responseFacts(response) }
        : restFailure(response, json);
    },
    close: () => {},
  };
}

function restFailure(response: Response, { message, code, error, errors }: RestErrorBody): Answer {
  const retryAfter = response.headers.get('retry-after');
  return {
    ok: false,
    message,
    reason: code ?? error?.toUpperCase() ?? '',
    ...responseFacts(response),
    ...(errors === undefined ? {} : { violations: errors }),
    ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
  };
}
