import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { MalformedRequest } from '../faults.js';
import { jsonPath, protoPath, resolveFieldPath } from '../fields/field-path.js';
import { decodeQueryPart } from '../rules/percent.js';
import { setAtPath, takesText } from './text-value.js';

/** Limit for the names in a parameter's path, so that a recursive message cannot be built arbitrarily deep. */
const NAMES_MAX = 32;

/**
 * Sets the fields that a query string names, except those for which `isBound` says that the path or body sets them.
 * Unknown parameters are ignored; a field that is not repeated may be named once. A map entry has its key in brackets,
 * `map[key]=value`, as in grpc-gateway; brackets after any other field are refused.
 *
 * @throws MalformedRequest
 */
export function bindQuery(
  desc: DescMessage,
  message: Message,
  query: string,
  isBound: (path: string) => boolean,
): void {
  const given = new Set<string>();
  for (const parameter of query.split('&')) {
    const equals = parameter.indexOf('=');
    const named = fieldsNamed(desc, equals < 0 ? parameter : parameter.slice(0, equals));
    if (named === undefined) continue;
    const { fields, key } = named;
    const path = protoPath(fields);
    if (isBound(path)) continue;
    const label = jsonPath(fields);
    const leaf = fields[fields.length - 1]!;
    if ((leaf.fieldKind === 'map') !== (key !== undefined)) {
      const rule = key === undefined ? 'takes its key in brackets' : 'takes no key in brackets';
      throw new MalformedRequest(rule, label);
    }
    if (!takesText(leaf)) throw new MalformedRequest('cannot be given in the query', label);
    if (leaf.fieldKind !== 'list' && leaf.fieldKind !== 'map' && given.has(path))
      throw new MalformedRequest('must not be given twice', label);
    given.add(path);
    const text = decodeQueryPart(equals < 0 ? '' : parameter.slice(equals + 1));
    setAtPath(reflect(desc, message), fields, text, label, refuseSecondOfOneof, key);
  }
}

interface Named {
  readonly fields: DescField[];
  /** The text in brackets after them. */
  readonly key: string | undefined;
}

/** Also undefined for what cannot be decoded: it is not a field's name. */
function fieldsNamed(desc: DescMessage, encoded: string): Named | undefined {
  let name: string;
  try {
    name = decodeQueryPart(encoded);
  } catch {
    return undefined;
  }
  const bracket = name.indexOf('[');
  const names = (bracket < 0 ? name : name.slice(0, bracket)).split('.', NAMES_MAX + 1);
  if (names.length > NAMES_MAX) return undefined;
  const fields = resolveFieldPath(desc, names);
  if (fields === undefined) {
    refuseIntoMap(desc, names);
    return undefined;
  }
  if (bracket < 0) return { fields, key: undefined };
  if (!name.endsWith(']'))
    throw new MalformedRequest('cannot be given in the query by its parts', jsonPath(fields));
  return { fields, key: name.slice(bracket + 1, -1) };
}

/** `map.key` names no field, but its meaning is plain enough that dropping it silently would be wrong. */
function refuseIntoMap(desc: DescMessage, names: readonly string[]): void {
  for (let length = 1; length < names.length; length++) {
    const fields = resolveFieldPath(desc, names.slice(0, length));
    if (fields?.at(-1)?.fieldKind === 'map') {
      throw new MalformedRequest('takes its key in brackets', jsonPath(fields));
    }
  }
}

/** A parameter may not replace what another one set in the same oneof. */
function refuseSecondOfOneof(message: ReflectMessage, field: DescField, label: string): void {
  const other = field.oneof && message.oneofCase(field.oneof);
  if (other !== undefined && other !== field) {
    throw new MalformedRequest(`must not be given together with ${other.jsonName}`, label);
  }
}
