import type { Message } from '@bufbuild/protobuf';
import { type handleServerStreamingCall, Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { decodeBinary } from '../decode.js';
import { REQUEST_ID_HEADER } from '../request-id.js';
import { STREAM_STALLED_MS, StreamFailed, type StreamOperation } from '../stream.js';
import type { StreamDispatcher } from '../stream-dispatcher.js';
import { GrpcCallMetadata } from './metadata.js';
import { grpcError } from './status.js';

type StreamCall = ServerWritableStream<Buffer, Message>;

/** A server stream through grpc-js: the next message is asked for when the last one was taken. */
export function streamHandler(
  operation: StreamOperation,
  dispatcher: StreamDispatcher,
): handleServerStreamingCall<Buffer, Message> {
  return async (call: StreamCall) => {
    const metadata = new GrpcCallMetadata(call);
    const left = new AbortController();
    call.once('cancelled', () => left.abort());
    call.once('close', () => left.abort());
    const decode = () => decodeBinary(operation.method.input, call.request);
    const reply = await dispatcher.open(operation, metadata, decode, left.signal);
    if (!reply.ok) {
      call.emit('error', grpcError(reply.failure, false, metadata.requestId));
      return;
    }
    const headers = new Metadata();
    headers.set(REQUEST_ID_HEADER, metadata.requestId);
    call.sendMetadata(headers);
    try {
      for await (const message of reply.messages) {
        if (!call.write(message) && !(await taken(call, left.signal))) {
          throw new StreamFailed({ reason: 'SLOW_READER' });
        }
      }
      call.end();
    } catch (error) {
      // The dispatcher lets nothing else through.
      call.emit('error', grpcError((error as StreamFailed).failure, false, metadata.requestId));
    }
  };
}

/** Whether the caller took what was written, or left, before its time was up. */
function taken(call: StreamCall, left: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (inTime: boolean): void => {
      clearTimeout(timer);
      call.off('drain', drained);
      left.removeEventListener('abort', drained);
      resolve(inTime);
    };
    const drained = (): void => settle(true);
    const timer = setTimeout(() => settle(false), STREAM_STALLED_MS);
    call.once('drain', drained);
    left.addEventListener('abort', drained);
    if (left.aborted) drained();
  });
}
