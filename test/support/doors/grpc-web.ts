import { explain, statusDetails } from './details.js';
import { type Answer, type Door, requestHeaders } from './door.js';
import { exchange, responseFacts } from './http.js';
import { decodeData, encodeRequest } from './messages.js';

const TRAILER_FLAG = 0x80;

/** gRPC-Web by fetch: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md */
export function grpcWebDoor(httpUrl: string): Door {
  return {
    name: 'gRPC-Web',
    call: async (rpc, request, options = {}) => {
      const { response, body } = await exchange(`${httpUrl}/inventory.v1.InventoryService/${rpc}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/grpc-web+proto',
          'x-grpc-web': '1',
          ...(options.timeoutMs === undefined ? {} : { 'grpc-timeout': `${options.timeoutMs}m` }),
          ...requestHeaders(options),
        },
        body: frame(0, encodeRequest(rpc, request)),
      });
      if (response.status !== 200) throw new Error(`gRPC-Web answered with HTTP ${response.status}`);
      const { messages, trailers } = unframe(body);
      const read = (name: string): string | null => trailers.get(name) ?? response.headers.get(name);
      const { requestId, ...facts } = responseFacts(response);
      const common = {
        replayed: facts.replayed || trailers.get('idempotency-replayed') === 'true',
        ...(requestId === undefined ? {} : { requestId }),
      };
      const code = Number(read('grpc-status') ?? Number.NaN);
      if (code === 0) return { ok: true, data: decodeData(rpc, messages[0]!), ...common };
      const message = decodeURIComponent(read('grpc-message') ?? '');
      const answer: Answer = { ok: false, code, message, ...common };
      const details = read('grpc-status-details-bin');
      return details === null
        ? answer
        : { ...answer, ...explain(statusDetails(Buffer.from(details, 'base64')).details) };
    },
    close: () => {},
  };
}

/** A length-prefixed message. */
export function frame(flag: number, bytes: Uint8Array): Buffer<ArrayBuffer> {
  const framed = Buffer.alloc(5 + bytes.length);
  framed[0] = flag;
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, 5);
  return framed;
}

/** The parts of an answer of gRPC-Web. */
export function unframe(body: Buffer): { messages: Uint8Array[]; trailers: Headers } {
  const messages: Uint8Array[] = [];
  const trailers = new Headers();
  for (let at = 0; at < body.length; ) {
    const flag = body[at]!;
    const length = body.readUInt32BE(at + 1);
    const bytes = body.subarray(at + 5, at + 5 + length);
    at += 5 + length;
    if ((flag & TRAILER_FLAG) === 0) messages.push(bytes);
    else {
      for (const line of bytes.toString('latin1').split('\r\n').filter(Boolean)) {
        const colon = line.indexOf(':');
        trailers.append(line.slice(0, colon), line.slice(colon + 1).trim());
      }
    }
  }
  return { messages, trailers };
}
