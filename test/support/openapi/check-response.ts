import { escaped, type Json, type JsonObject, type OpenApiDocument } from './document.js';
import type { Exchange } from './exchange.js';
import type { Operation } from './routes.js';

/** Headers of the message and the connection, not of an API. */
const transportHeaders = /^(?:content-type|content-length|date|connection|keep-alive|transfer-encoding)$/;

/** The parts of a response that the document does not know. */
export function responseFaults(
  document: OpenApiDocument,
  operation: Operation,
  exchange: Exchange,
): string[] {
  const response = document.at(`${operation.pointer}/responses/${exchange.status}`);
  if (response === undefined) return [`status ${exchange.status}`];
  return [
    ...headerFaults(document, response.pointer, exchange),
    ...bodyFaults(document, response.pointer, exchange),
  ];
}

function headerFaults(document: OpenApiDocument, pointer: string, { responseHeaders }: Exchange): string[] {
  const described = new Map(
    Object.keys(document.at(`${pointer}/headers`)?.value ?? {}).map((name) => [name.toLowerCase(), name]),
  );
  const undescribed = Object.keys(responseHeaders).filter((name) => {
    return !described.has(name) && !transportHeaders.test(name);
  });
  return [
    ...undescribed.map((name) => `header ${name}`),
    ...[...described].flatMap(([lowerCase, name]) => {
      const header = document.at(`${pointer}/headers/${escaped(name)}`)!;
      const text = responseHeaders[lowerCase];
      if (text === undefined) return header.value.required === true ? [`header ${name} is missing`] : [];
      const { type } = document.at(`${header.pointer}/schema`)!.value;
      const value = type === 'integer' && /^\d+$/.test(text) ? Number(text) : text;
      return document.faults(`${header.pointer}/schema`, value, `header ${name}`);
    }),
  ];
}

function bodyFaults(document: OpenApiDocument, pointer: string, exchange: Exchange): string[] {
  const { method, responseBody: body, responseHeaders } = exchange;
  if (method === 'HEAD') return body === '' ? [] : ['a body to HEAD'];
  const [mediaType = ''] = (responseHeaders['content-type'] ?? '').split(';').map((part) => part.trim());
  const content = document.at(`${pointer}/content`)?.value as JsonObject | undefined;
  if (content?.[mediaType] === undefined) return [`body of type "${mediaType}"`];
  const schema = `${pointer}/content/${escaped(mediaType)}/schema`;
  try {
    return jsonTexts(mediaType, body).flatMap((text) =>
      document.faults(schema, JSON.parse(text) as Json, 'body'),
    );
  } catch {
    return ['body is not JSON'];
  }
}

/** What the schema describes: the whole body, or in a stream each line, or each event's data. */
function jsonTexts(mediaType: string, body: string): string[] {
  if (mediaType === 'application/x-ndjson') return body.split('\n').filter((line) => line !== '');
  if (mediaType !== 'text/event-stream') return [body];
  return body.split('\n').flatMap((line) => (line.startsWith('data:') ? [line.slice('data:'.length)] : []));
}
