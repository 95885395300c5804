import { bindings, bindRequest } from './bindings.js';
import { type Answer, type Door, type Rpc, requestHeaders } from './door.js';
import { exchange, responseFacts } from './http.js';

interface RestErrorBody {
  readonly message: string;
  readonly code?: string;
  readonly error?: string;
  readonly help?: string;
  /** Field → what it breaks; or the failed parts of a request of many. */
  readonly errors?: Record<string, string> | readonly unknown[];
  /** At other doors, the metadata of ErrorInfo. */
  readonly [fact: string]: unknown;
}

/** Members of a body that are not facts of the failure. */
const SHAPE = new Set(['status', 'message', 'code', 'requestId', 'help', 'error', 'statusCode', 'errors']);

/** Checks an exchange; throws if something is wrong. */
export type Look = (url: string, init: RequestInit, response: Response, body: string) => void;

/** The published REST paths by fetch. */
export function restDoor(httpUrl: string, look: Look = () => {}): Door {
  return {
    name: 'REST',
    call: async (rpc, request, options = {}) => {
      const { method, pathAndQuery, body: sent } = bindRequest(rpc, request);
      const url = `${httpUrl}${pathAndQuery}`;
      const init = {
        method,
        headers: {
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...requestHeaders(options),
        },
        ...(sent === undefined ? {} : { body: sent }),
      };
      const { response, body } = await exchange(url, init);
      look(url, init, response, body.toString());
      const json = JSON.parse(body.toString()) as { status: boolean; data?: unknown } & RestErrorBody;
      if (json.status !== response.ok) throw new Error('body and status contradict each other');
      return response.ok
        ? { ok: true, data: json.data, ...responseFacts(response) }
        : restFailure(response, json, rpc);
    },
    close: () => {},
  };
}

function restFailure(response: Response, body: RestErrorBody, rpc: Rpc): Answer {
  const { message, code, error, errors, help } = body;
  const facts = Object.entries(body).filter(([name]) => !SHAPE.has(name));
  const retryAfter = response.headers.get('retry-after');
  return {
    ok: false,
    message,
    reason: code ?? error?.toUpperCase() ?? '',
    metadata: Object.fromEntries(facts.map(([name, fact]) => [name, String(fact)])),
    ...responseFacts(response),
    ...explainErrors(errors, rpc),
    ...(help === undefined ? {} : { help }),
    ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
  };
}

function explainErrors(
  errors: RestErrorBody['errors'],
  rpc: Rpc,
): Pick<Answer, 'violations' | 'failedParts'> {
  if (errors === undefined) return {};
  if (Array.isArray(errors)) return { failedParts: errors };
  const named = Object.entries(errors as Record<string, string>).map(([field, rule]) => [
    inRequest(field, rpc),
    rule,
  ]);
  return { violations: Object.fromEntries(named) };
}

/** A field by its place in the request: where one field is the whole body, its own fields go without its name. */
function inRequest(field: string, rpc: Rpc): string {
  const { body } = bindings[rpc];
  if (body === undefined || body === '*' || field === 'id' || field === 'updateMask') return field;
  return field === 'Idempotency-Key' ? field : `${body}.${field}`;
}
