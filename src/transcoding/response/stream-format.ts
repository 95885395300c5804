import { weightOfType } from '../http/accept.js';

/** How the messages of a stream become text. */
export interface StreamFormat {
  readonly contentType: string;
  /**
   * Keeps a silent connection open and means nothing to its reader. It ends no line and no event, so readers that take
   * each line for a message, and decoders that take each empty line for the end of an event, ignore it too.
   */
  readonly heartbeat: string;
  /** `json` has no line breaks. */
  message(json: string, eventId: string | undefined): string;
  /** What ends a stream that failed. */
  error(json: string): string;
}

/** Newline-delimited JSON, one message a line: https://github.com/ndjson/ndjson-spec */
const ndjson: StreamFormat = {
  contentType: 'application/x-ndjson',
  // Space before the next line's JSON.
  heartbeat: ' ',
  message: (json) => `${json}\n`,
  error: (json) => `${json}\n`,
};

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
const sse: StreamFormat = {
  contentType: 'text/event-stream',
  // A comment before the next event's fields.
  heartbeat: ':\n',
  message: (json, eventId) =>
    (eventId === undefined ? '' : `id: ${oneLine(eventId)}\n`).concat(`data: ${json}\n\n`),
  error: (json) => `event: error\ndata: ${json}\n\n`,
};

export const streamOffers: readonly string[] = [ndjson.contentType, sse.contentType];
/** A client that names JSON alone gets lines of it, labelled as such. */
const otherNdjsonNames = ['application/jsonl', 'application/json'];

/** The format that `Accept` asks for; events only if named explicitly. Undefined if it accepts neither. */
export function streamFormat(accept: string | undefined): StreamFormat | undefined {
  const label = weightOfType(accept, ndjson.contentType);
  const others = otherNdjsonNames.map((name) => weightOfType(accept, name).quality);
  const lines = label.named ? label.quality : Math.max(label.quality, ...others);
  const events = weightOfType(accept, sse.contentType);
  if (events.named && events.quality > 0 && events.quality >= lines) return sse;
  if (lines > 0) return ndjson;
  return events.quality > 0 ? sse : undefined;
}

/** Line breaks would end a field; readers ignore an id with NUL. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, '');
}
