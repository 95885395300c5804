import type { DescField, DescMessage } from '@bufbuild/protobuf';

const fieldsByNameCache = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

/** A message's fields under both spellings: the proto's `snake_case` and JSON's `lowerCamelCase`. */
export function fieldsByName(message: DescMessage): ReadonlyMap<string, DescField> {
  let fields = fieldsByNameCache.get(message);
  if (fields === undefined) {
    fields = new Map(message.fields.flatMap((f) => [[f.jsonName, f] as const, [f.name, f] as const]));
    fieldsByNameCache.set(message, fields);
  }
  return fields;
}

/** The fields that a path of names leads through, or undefined where a name is unknown or leads nowhere. */
export function resolveFieldPath(message: DescMessage, names: readonly string[]): DescField[] | undefined {
  const path: DescField[] = [];
  let owner: DescMessage | undefined = message;
  for (const name of names) {
    const field: DescField | undefined = owner && fieldsByName(owner).get(name);
    if (field === undefined) return undefined;
    path.push(field);
    owner = field.fieldKind === 'message' ? field.message : undefined;
  }
  return path;
}

/** The path in the names of the proto: one spelling, to compare by. */
export function protoPath(path: readonly DescField[]): string {
  return path.map((f) => f.name).join('.');
}

/** The path in the names of JSON, as shown to callers. */
export function jsonPath(path: readonly DescField[]): string {
  return path.map((f) => f.jsonName).join('.');
}
