import { create, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';

/**
 * `google.api.HttpBody`: a body that is not JSON. Recognised by name, so that any copy of its proto will do.
 *
 * https://github.com/googleapis/googleapis/blob/master/google/api/httpbody.proto
 */
export function isHttpBody(desc: DescMessage | undefined): desc is DescMessage {
  return desc?.typeName === 'google.api.HttpBody';
}

/** The descriptor behind a `body` or `response_body` that is sent raw. */
export function rawBody(whole: DescMessage, field: DescField | '*' | undefined): DescMessage | undefined {
  const desc = typeof field === 'object' ? singleMessage(field) : whole;
  return isHttpBody(desc) ? desc : undefined;
}

/** The message type of a field that holds a single message. */
export function singleMessage(field: DescField): DescMessage | undefined {
  return field.fieldKind === 'message' ? field.message : undefined;
}

export function httpBodyOf(desc: DescMessage, contentType: string | undefined, data: Uint8Array): Message {
  return create(desc, { contentType: contentType ?? '', data } as never);
}

interface HttpBodyFields {
  readonly contentType?: string;
  readonly data?: Uint8Array;
}

/** Content type and bytes of a raw answer; an unset field counts as empty. */
export function rawContent(message: Message | undefined): { contentType: string; body: Uint8Array } {
  const { contentType = '', data = new Uint8Array() } = (message ?? {}) as HttpBodyFields;
  return { contentType: contentType || 'application/octet-stream', body: data };
}
