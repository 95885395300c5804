import type { HandlerContext } from '@connectrpc/connect';
import type { Door } from '../../../service/call.js';
import type { CallMetadata } from '../../dispatch/dispatcher.js';

/** By the library's name of the protocol. */
const doors: Readonly<Record<string, Door>> = { connect: 'connect', grpc: 'grpc', 'grpc-web': 'grpc-web' };

/** What the dispatcher is told of a call. */
export function callMetadata(
  { requestHeader, protocolName }: HandlerContext,
  deadlineAtMs: number | undefined,
  requestId: string,
): CallMetadata {
  const header = headerIn(requestHeader);
  return {
    door: doors[protocolName] ?? 'connect',
    header,
    deadlineAtMs,
    requestId,
    get traceparent() {
      return header('traceparent');
    },
  };
}

export function headerIn(headers: Headers): CallMetadata['header'] {
  return (name) => headers.get(name) ?? undefined;
}
