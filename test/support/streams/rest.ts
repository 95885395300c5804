import { requestHeaders } from '../doors/door.js';
import { type BodyReader, httpWatch } from './http.js';
import type { Ending, WatchEvent, WatchOptions, WatchRequest, WatchStream } from './watch-stream.js';

/** Bodies of errors, of a status or as the last line. */
interface ErrorBody {
  readonly code?: string;
  readonly error?: string;
  readonly errors?: Readonly<Record<string, string>>;
  readonly help?: string;
}

export function restWatch(
  manner: 'lines' | 'events',
  httpUrl: string,
  request: WatchRequest,
  options: WatchOptions,
): WatchStream {
  const accept = manner === 'lines' ? 'application/x-ndjson' : 'text/event-stream';
  const init = { headers: { accept, ...requestHeaders(options) } };
  return httpWatch(`${httpUrl}/v1/inventory/watch?${options.bytes ?? queryOf(request)}`, init, (stream) =>
    manner === 'lines' ? lineReader(stream) : eventReader(stream),
  );
}

export function queryOf({ ids = [], productId, afterId }: WatchRequest): URLSearchParams {
  const query = new URLSearchParams();
  for (const id of ids) query.append('ids', id);
  if (productId !== undefined) query.append('productId', productId);
  if (afterId !== undefined) query.append('afterId', afterId);
  return query;
}

function lineReader(stream: WatchStream): BodyReader {
  return async (response, chunks) => {
    if (response.status !== 200) return stream.end(await refusal(response));
    for await (const line of split(chunks, '\n')) {
      if (line === '') continue;
      const json = JSON.parse(line);
      if (typeof json.eventId === 'string') stream.put(json);
      else stream.end(endingOf(response.status, json));
    }
  };
}

function eventReader(stream: WatchStream): BodyReader {
  return async (response, chunks) => {
    if (response.status !== 200) return stream.end(await refusal(response));
    for await (const text of split(chunks, '\n\n')) {
      const fields = new Map<string, string>();
      for (const line of text.split('\n')) {
        const colon = line.indexOf(': ');
        if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
      }
      const data = fields.get('data');
      if (data === undefined) continue;
      if (fields.get('event') === 'error') stream.end(endingOf(response.status, JSON.parse(data)));
      else {
        const event: WatchEvent = JSON.parse(data);
        if (fields.get('id') !== event.eventId) throw new Error('the event and its id differ');
        stream.put(event);
      }
    }
  };
}

async function* split(chunks: AsyncIterable<Buffer>, separator: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk.toString()).split(separator);
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== '') throw new Error('the stream was cut');
}

async function refusal(response: Response): Promise<Ending> {
  return endingOf(response.status, JSON.parse(await response.text()));
}

function endingOf(httpStatus: number, { code, error, errors, help }: ErrorBody): Ending {
  return { httpStatus, reason: code ?? error?.toUpperCase(), violations: errors, help };
}
