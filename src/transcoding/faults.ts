/** What the transcoder itself can find wrong with a request. All but `no_room` are the caller's fault, so 4xx. */
export type TranscodingFault =
  | NotFound
  | MethodNotAllowed
  | NotAcceptable
  | UnsupportedMediaType
  | BodyTooLarge
  | BodyTooSlow
  | NoRoomForBody
  | MalformedInput;

/** No binding has this path. `path` is the request's path as sent, with its leading slash. */
export interface NotFound {
  readonly kind: 'not_found';
  readonly path: string;
}

/** A binding has this path, under other methods: `allow` lists them, sorted. */
export interface MethodNotAllowed {
  readonly kind: 'method_not_allowed';
  readonly allow: readonly string[];
}

/** `Accept` rules out all that the route could answer with; `offers` lists the media types. */
export interface NotAcceptable {
  readonly kind: 'not_acceptable';
  readonly offers: readonly string[];
}

/** The body is not JSON by its headers; `contentEncoding` is given if that is the obstacle. */
export interface UnsupportedMediaType {
  readonly kind: 'unsupported_media_type';
  readonly contentType: string | undefined;
  readonly contentEncoding?: string;
}

/** The body, or what it decompresses to, exceeds `bytesMax` bytes; it was not read or decompressed to its end. */
export interface BodyTooLarge {
  readonly kind: 'body_too_large';
  readonly bytesMax: number;
}

/** The body did not end within `timeoutMs`. HTTP's own status for it is 408. */
export interface BodyTooSlow {
  readonly kind: 'body_too_slow';
  readonly timeoutMs: number;
}

/** The host has no room for the body now; it was not read to its end. */
export interface NoRoomForBody {
  readonly kind: 'no_room';
}

/**
 * Path, query or body cannot be read as the request message. `field` is the JSON path of the culprit, if there is one,
 * such as `qty` or `lines[2].qty`; `description` is a phrase that reads well after it.
 */
export interface MalformedInput {
  readonly kind: 'malformed';
  readonly description: string;
  readonly field?: string;
}

/** A request that cannot be bound. */
export class RequestRefused extends Error {
  override readonly name: string = 'RequestRefused';

  constructor(
    readonly fault: TranscodingFault,
    message: string = fault.kind,
  ) {
    super(message);
  }
}

/** @param path of the culprit in the body; empty for the body as a whole. */
export function malformedAt(path: string, description: string): MalformedRequest {
  return path === ''
    ? new MalformedRequest(`the body ${description}`)
    : new MalformedRequest(description, path);
}

export class MalformedRequest extends RequestRefused {
  override readonly name = 'MalformedRequest';
  declare readonly fault: MalformedInput;

  constructor(description: string, field?: string) {
    super(
      field === undefined ? { kind: 'malformed', description } : { kind: 'malformed', description, field },
      field === undefined ? description : `${field}: ${description}`,
    );
  }
}
