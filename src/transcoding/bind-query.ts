import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { MalformedRequest } from './faults.js';
import { jsonPath, protoPath, resolveFieldPath } from './field-path.js';
import { decodeQueryPart } from './percent.js';
import { setAtPath, takesText } from './text-value.js';

/** Names in a parameter's path, so that a recursive message cannot be built arbitrarily deep. */
const namesMax = 32;

/**
 * Sets the fields that a query string names, except those for which `isBound` says that path or body fill them.
 * Parameters that name no field are ignored; a field that is not repeated may be named once.
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
    const fields = fieldsNamed(desc, equals < 0 ? parameter : parameter.slice(0, equals));
    if (fields === undefined) continue;
    const path = protoPath(fields);
    if (isBound(path)) continue;
    const label = jsonPath(fields);
    const leaf = fields[fields.length - 1] as DescField;
    if (!takesText(leaf)) throw new MalformedRequest('cannot be given in the query', label);
    if (leaf.fieldKind !== 'list' && given.has(path))
      throw new MalformedRequest('must not be given twice', label);
    given.add(path);
    const text = decodeQueryPart(equals < 0 ? '' : parameter.slice(equals + 1));
    setAtPath(reflect(desc, message), fields, text, label, refuseSecondOfOneof);
  }
}

/** Undefined also for what cannot be decoded: it is no field's name. */
function fieldsNamed(desc: DescMessage, encoded: string): DescField[] | undefined {
  let name: string;
  try {
    name = decodeQueryPart(encoded);
  } catch {
    return undefined;
  }
  const names = name.split('.', namesMax + 1);
  return names.length > namesMax ? undefined : resolveFieldPath(desc, names);
}

/** A parameter may not replace what another one set in the same oneof. */
function refuseSecondOfOneof(message: ReflectMessage, field: DescField, label: string): void {
  const other = field.oneof && message.oneofCase(field.oneof);
  if (other !== undefined && other !== field) {
    throw new MalformedRequest(`must not be given together with ${other.jsonName}`, label);
  }
}
