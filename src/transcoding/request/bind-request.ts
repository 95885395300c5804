import {
  create,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt';
import { MalformedRequest, malformedAt } from '../faults.js';
import { jsonPath, protoPath } from '../fields/field-path.js';
import { hasRequired, missingField } from '../fields/required-fields.js';
import { httpBodyOf, rawBody, singleMessage } from '../http/http-body.js';
import type { JsonCodec } from '../json/json-codec.js';
import { isJsonObject } from '../json/json-object.js';
import { parseJson } from '../json/json-text.js';
import type { Binding } from '../rules/http-rules.js';
import { capture, type RequestPath } from '../rules/request-path.js';
import { bindQuery } from './bind-query.js';
import { setAtPath } from './text-value.js';

/** Builds an RPC's request message from the parts of an HTTP request. @throws MalformedRequest */
export type RequestBinder = (
  path: RequestPath,
  query: string,
  body: Uint8Array,
  /** As sent; only a `google.api.HttpBody` uses it. */
  contentType?: string,
) => Message;

/**
 * The binder of one route. The body is read first, then the query sets what the body is not bound to, then the path
 * overrides both.
 */
export function requestBinder(binding: Binding, codec: JsonCodec): RequestBinder {
  const { method, body: bodyField } = binding;
  const setters = binding.variables.map((v) => ({ variable: v, set: pathSetter(v.fields) }));
  const bound = new Set(binding.variables.map((v) => protoPath(v.fields)));
  const isBound = (path: string): boolean =>
    bound.has(path) ||
    (typeof bodyField === 'object' && (path === bodyField.name || path.startsWith(`${bodyField.name}.`)));
  const variablePaths = binding.variables.map((v) => v.fields);

  const raw = bodyField === undefined ? undefined : rawBody(method.input, bodyField);
  const bodyMessage = typeof bodyField === 'object' ? singleMessage(bodyField) : method.input;
  const isObject = bodyMessage !== undefined && !hasCustomJsonRepresentation(bodyMessage);
  const bodyPath = typeof bodyField === 'object' ? bodyField.jsonName : '';
  const requires = hasRequired(method.input);

  return (path, query, body, contentType) => {
    const message =
      bodyField === undefined || (body.length === 0 && (raw === undefined || contentType === undefined))
        ? create(method.input)
        : raw === undefined
          ? readBody(body)
          : readRaw(raw, body, contentType);
    if (query !== '' && bodyField !== '*') bindQuery(method.input, message, query, isBound);
    for (const { variable, set } of setters) set(message, capture(path, variable, binding.decodesFully));
    const missing = requires ? missingField(reflect(method.input, message)) : undefined;
    if (missing !== undefined) throw new MalformedRequest('must be given', missing);
    return message;
  };

  function readRaw(desc: DescMessage, bytes: Uint8Array, contentType: string | undefined): Message {
    const content = httpBodyOf(desc, contentType, bytes);
    if (bodyField === '*') return content;
    const message = create(method.input);
    reflect(method.input, message).set(bodyField as DescField, reflect(desc, content) as never);
    return message;
  }

  function readBody(bytes: Uint8Array): Message {
    const json = parseJson(bytes);
    // Null leaves other fields unset. A message that is the body must be present, as the whole request must.
    if (isObject && !isJsonObject(json)) throw malformedAt(bodyPath, 'must be a JSON object');
    const whole = typeof bodyField === 'object' ? { [bodyField.jsonName]: json } : json;
    for (const fields of variablePaths) dropField(whole, fields, 0);
    return codec.decode(method.input, whole);
  }
}

/** Removes a field bound by the path from the body, where it has no meaning, whatever its value. */
function dropField(json: JsonValue | undefined, fields: readonly DescField[], index: number): void {
  if (!isJsonObject(json)) return;
  const field = fields[index]!;
  for (const name of [field.name, field.jsonName]) {
    if (!Object.hasOwn(json, name)) continue;
    if (index === fields.length - 1) delete json[name];
    else dropField(json[name], fields, index + 1);
  }
}

function pathSetter(fields: readonly DescField[]): (message: Message, text: string) => void {
  const label = jsonPath(fields);
  const [field] = fields as [DescField];
  // By far the most common kind of variable needs no reflection.
  if (fields.length === 1 && field.scalar === ScalarType.STRING && field.oneof === undefined) {
    return (message, text) => {
      (message as unknown as Record<string, unknown>)[field.localName] = text;
    };
  }
  return (message, text) => setAtPath(reflect(field.parent, message), fields, text, label);
}
