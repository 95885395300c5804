import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { REQUEST_ID_HEADER } from '../../dispatch/request-id.js';
import { malformedBody, restErrorBody } from '../../failures/errors.js';
import type { HelpLinks } from '../../failures/help-links.js';
import { requestIdOf } from '../request-id-of.js';
import { NO_TUNNELS } from './bad-head.js';
import { afterAnswers, inProgress } from './one-at-a-time.js';

/** How long a client may go on sending data that is discarded, so that a reset does not overtake its answer. */
const LINGER_MS = 500;

const refused = new WeakSet<Socket>();

/**
 * Answers what node's HTTP/1.1 parser gives up on, in the published shape, and closes the connection. Complete requests
 * before it are answered first: an answer that overtakes theirs would be taken for theirs.
 */
export function refuseUnparsed(error: NodeJS.ErrnoException, socket: Socket, help: HelpLinks): void {
  const requestId = randomUUID();
  const refusal = refusalOf(error.code ?? '', requestId, help);
  // A broken connection, a failed handshake, or a client that never sent anything.
  if (refusal === undefined || socket.bytesRead === 0) socket.destroy();
  else refuse(socket, refusal, requestId);
}

/** Answers CONNECT, which node takes for the end of HTTP on its connection (RFC 9110, 9.1). */
export function refuseTunnel(request: IncomingMessage, socket: Socket, help: HelpLinks): void {
  const requestId = requestIdOf(request);
  socket.on('error', () => socket.destroy());
  refuse(socket, { status: 501, body: malformedBody(NO_TUNNELS, requestId, help) }, requestId);
}

function refuse(socket: Socket, refusal: Refusal, requestId: string): void {
  // What follows the fault is more of the same.
  if (refused.has(socket)) return;
  refused.add(socket);
  const say = (): void => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(bytesOf(refusal, requestId));
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
  const current = inProgress(socket);
  if (current === undefined) say();
  else if (current.request.complete) afterAnswers(socket, say);
  else if (current.response.headersSent) socket.destroy();
  else say();
}

interface Refusal {
  readonly status: number;
  readonly body: string;
}

function refusalOf(code: string, requestId: string, help: HelpLinks): Refusal | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, body: restErrorBody({ reason: 'DEADLINE_EXCEEDED' }, requestId, help) };
  }
  if (!code.startsWith('HPE_')) return undefined;
  const [status, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'The request line and headers must not exceed 16384 bytes.']
      : code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW'
        ? [413, 'Chunk extensions must not exceed 16384 bytes.']
        : [400, 'Malformed request: not valid HTTP/1.1 (RFC 9112).'];
  return { status, body: malformedBody(message, requestId, help) };
}

function bytesOf({ status, body }: Refusal, requestId: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID_HEADER}: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
