import { isOfCommand, NOT_JSON } from './check-commands.js';
import { escaped, type Json, type JsonObject, type OpenApiDocument } from './document.js';
import type { Exchange } from './exchange.js';
import {
  camelCase,
  isNoName,
  isResumedByHeader,
  parameterValue,
  strictMediaType,
  strictSpelling,
} from './leniency.js';
import { queryPairs, UNREADABLE } from './query.js';
import type { Operation } from './routes.js';

/**
 * The parts of a request that the document forbids, so that it is refused. Unknown parameters, headers and fields are
 * allowed: they are ignored.
 */
export function requestFaults(document: OpenApiDocument, operation: Operation, exchange: Exchange): string[] {
  return everyFault(document, operation, exchange).filter(
    (fault) => !isOfCommand(operation, fault, exchange),
  );
}

/** The same, with the faults of a batch's commands, each of which fails by itself. */
export function everyFault(document: OpenApiDocument, operation: Operation, exchange: Exchange): string[] {
  return [...parameterFaults(document, operation, exchange), ...bodyFaults(document, operation, exchange)];
}

/** Whether the request carries a credential for every scheme that the operation demands. */
export function hasCredentials(
  document: OpenApiDocument,
  { value }: Operation,
  { requestHeaders }: Exchange,
): boolean {
  const [demanded] = (value.security ?? document.root.security) as JsonObject[];
  return Object.keys(demanded ?? {}).every((name) => {
    const scheme = document.at(`/components/securitySchemes/${name}`)!.value;
    const header = scheme.type === 'apiKey' ? String(scheme.name).toLowerCase() : 'authorization';
    return requestHeaders[header] !== undefined;
  });
}

function parameterFaults(document: OpenApiDocument, operation: Operation, exchange: Exchange): string[] {
  const parameters = (operation.value.parameters ?? []) as Json[];
  const goesOnAfterHeader = isResumedByHeader(parameters, exchange.requestHeaders);
  return parameters.flatMap((_, i) => {
    const { value, pointer } = document.at(`${operation.pointer}/parameters/${i}`)!;
    const texts = textsOf(String(value.name), String(value.in), operation, exchange);
    const label = `${value.in} ${value.name}`;
    if (texts.length === 0) return value.required === true ? [`${label} is missing`] : [];
    const schema = document.at(`${pointer}/schema`)!.value;
    if (schema.type !== 'array' && texts.length > 1) return [`${label} is given twice`];
    if (/^-?0+$/.test(texts[0]!) && isNoName(schema, 0)) return [];
    if (goesOnAfterHeader && value.name === 'afterId' && !texts.includes(UNREADABLE)) return [];
    return document.faults(`${pointer}/schema`, parameterValue(schema, texts), label);
  });
}

function textsOf(name: string, place: string, { variables }: Operation, exchange: Exchange): string[] {
  const present = (text: string | undefined): string[] => (text === undefined ? [] : [text]);
  if (place === 'path') return present(variables[name]);
  if (place === 'header') return present(exchange.requestHeaders[name.toLowerCase()]);
  return queryPairs(exchange.target)
    .filter(([key]) => camelCase(key) === name)
    .map(([, text]) => text);
}

function bodyFaults(document: OpenApiDocument, operation: Operation, exchange: Exchange): string[] {
  const described = document.at(`${operation.pointer}/requestBody`);
  const { requestBody: body } = exchange;
  if (described === undefined) return [];
  if (body === undefined || body === '') return described.value.required === true ? ['body is missing'] : [];
  const mediaType = strictMediaType(exchange.requestHeaders['content-type']);
  const content = described.value.content as JsonObject;
  if (content[mediaType] === undefined) return [`body of type "${mediaType}"`];
  const pointer = `${described.pointer}/content/${escaped(mediaType)}/schema`;
  try {
    return document.faults(pointer, strictSpelling(document, pointer, JSON.parse(body) as Json), 'body');
  } catch {
    return [NOT_JSON];
  }
}
