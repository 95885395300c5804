import type { Message } from '@bufbuild/protobuf';
import type { Call } from '../call.js';
import { rawContent } from '../http/http-body.js';
import type { Headers, HttpRequest, HttpResponse } from '../http/http-message.js';
import type { ReadyAnswer, StreamAnswer, TranscoderOptions } from '../options.js';
import type { Route } from '../route-table.js';
import { peek } from './peek.js';
import { merge } from './respond.js';
import type { StreamFormat } from './stream-format.js';
import { type StreamManner, StreamResponse } from './stream-response.js';

export interface StreamContext {
  readonly options: TranscoderOptions;
  readonly route: Route;
  /** Undefined: the messages are raw bytes. */
  readonly format: StreamFormat | undefined;
  readonly call: Call;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly common: Headers | undefined;
}

/** Proxies that buffer answers (nginx) let one with this header through. */
export const unbuffered = { 'x-accel-buffering': 'no' } as const;

const DEFAULT_HEARTBEAT_MS = 15_000;
const DEFAULT_STALLED_MS = 30_000;

/**
 * Answers with a stream; resolves when it is over. `failure` renders what the source throws.
 *
 * @throws what keeps the response from beginning: nothing was sent then.
 */
export async function sendStream(
  context: StreamContext,
  answer: StreamAnswer,
  failure: (error: unknown) => ReadyAnswer,
): Promise<void> {
  const { call, format } = context;
  try {
    // Raw bytes are labelled by their first message; a JSON stream begins before it has one.
    const peeked = format === undefined ? await peek(answer.messages, call.signal) : undefined;
    const contentType = format?.contentType ?? rawContent(firstBody(context, peeked?.first)).contentType;
    const manner = format === undefined ? rawManner(context) : jsonManner(context, format, answer, failure);
    const stream = new StreamResponse(context.request, context.response, call, manner);
    stream.begin(headersOf(contentType, context.common, answer.headers));
    await stream.run(peeked?.all ?? answer.messages);
  } catch (error) {
    call.abort();
    throw error;
  }
}

function firstBody({ route }: StreamContext, first: Message | undefined): Message | undefined {
  return first === undefined ? undefined : route.raw(first);
}

function headersOf(contentType: string, common: Headers | undefined, own: Headers | undefined): Headers {
  const headers = {
    'content-type': contentType,
    vary: 'accept',
    'cache-control': 'no-cache',
    ...unbuffered,
  };
  merge(headers, common);
  merge(headers, own);
  return headers;
}

function timing({ heartbeatMs, stalledMs }: TranscoderOptions) {
  return { heartbeatMs: heartbeatMs ?? DEFAULT_HEARTBEAT_MS, stalledMs: stalledMs ?? DEFAULT_STALLED_MS };
}

function jsonManner(
  { options, route }: StreamContext,
  format: StreamFormat,
  answer: StreamAnswer,
  failure: (error: unknown) => ReadyAnswer,
): StreamManner {
  const { writer } = options;
  const { method } = route.binding;
  return {
    ...timing(options),
    heartbeat: format.heartbeat,
    encode: (message) => {
      const json = route.encode(message);
      const wrapped = writer.streamed === undefined ? json : writer.streamed(json, method);
      return format.message(JSON.stringify(wrapped), answer.eventId?.(message));
    },
    lastWords: (error, request) => format.error(onOneLine(words(error, request))),
  };

  function words(error: unknown, request: HttpRequest): string {
    try {
      return writer.streamError?.(error, request) ?? failure(error).body;
    } catch (thrown) {
      return failure(thrown).body;
    }
  }
}

/** A heartbeat or a final message would be taken for content. */
function rawManner({ options, route }: StreamContext): StreamManner {
  return {
    ...timing(options),
    heartbeat: undefined,
    encode: (message) => rawContent(route.raw(message)).body,
    lastWords: () => undefined,
  };
}

/** In JSON text, line breaks are just white space between tokens. */
function onOneLine(json: string): string {
  return json.replace(/[\r\n]+/g, ' ');
}
