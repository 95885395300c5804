import { type Detail, explain } from './details.js';
import { type Answer, type Door, requestHeaders } from './door.js';
import { exchange, responseFacts } from './http.js';
import { dataOf, decodeData, encodeRequest } from './messages.js';

/** https://connectrpc.com/docs/protocol/#error-codes, by gRPC code. */
export const connectCodes: Readonly<Record<string, number>> = {
  canceled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
};

interface ConnectErrorBody {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

/** The unary Connect protocol by fetch, with the protocol's two codecs. */
export function connectDoor(name: 'Connect JSON' | 'Connect binary', httpUrl: string): Door {
  const binary = name === 'Connect binary';
  const contentType = binary ? 'application/proto' : 'application/json';
  return {
    name,
    call: async (rpc, request, options = {}) => {
      const { response, body } = await exchange(`${httpUrl}/inventory.v1.InventoryService/${rpc}`, {
        method: 'POST',
        headers: {
          'content-type': contentType,
          'connect-protocol-version': '1',
          ...(options.timeoutMs === undefined ? {} : { 'connect-timeout-ms': `${options.timeoutMs}` }),
          ...requestHeaders(options),
        },
        body: binary ? Buffer.from(encodeRequest(rpc, request)) : JSON.stringify(request),
      });
      if (!response.ok) return connectFailure(response, JSON.parse(body.toString()));
      if (response.headers.get('content-type') !== contentType) throw new Error('answered in another codec');
      const data = binary ? decodeData(rpc, body) : dataOf(rpc, JSON.parse(body.toString()));
      return { ok: true, data, ...responseFacts(response) };
    },
    close: () => {},
  };
}

function connectFailure(response: Response, body: ConnectErrorBody): Answer {
  const details = (body.details ?? []).map(
    ({ type, value }): Detail => ({ type, value: Buffer.from(value, 'base64') }),
  );
  return {
    ok: false,
    code: connectCodes[body.code] ?? -1,
    message: body.message ?? '',
    ...responseFacts(response),
    ...explain(details),
  };
}
