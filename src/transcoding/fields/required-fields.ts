import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { ReflectMessage } from '@bufbuild/protobuf/reflect';

/** Presence of proto2's `required` and its heirs; the library does not export the name. */
export const LEGACY_REQUIRED = 3;

/** Whether a message, or one that it can contain, has a required field. */
export function hasRequired(desc: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(desc)) return false;
  seen.add(desc);
  return desc.fields.some(
    (f) => f.presence === LEGACY_REQUIRED || (f.message !== undefined && hasRequired(f.message, seen)),
  );
}

/** The JSON path of a required field that is not set. Does not look into an Any. */
export function missingField(message: ReflectMessage): string | undefined {
  for (const field of message.fields) {
    if (!message.isSet(field)) {
      if (field.presence === LEGACY_REQUIRED) return field.jsonName;
      continue;
    }
    for (const [place, inner] of messagesIn(message, field)) {
      const missing = missingField(inner);
      if (missing !== undefined) return `${field.jsonName}${place}.${missing}`;
    }
  }
  return undefined;
}

function messagesIn(message: ReflectMessage, field: DescField): [place: string, inner: ReflectMessage][] {
  if (field.message === undefined) return [];
  switch (field.fieldKind) {
    case 'list':
      return [...message.get(field)].map((item, i) => [`[${i}]`, item as ReflectMessage]);
    case 'map':
      return [...message.get(field)].map(([key, value]) => [`.${key}`, value as ReflectMessage]);
    default:
      return [['', message.get(field) as ReflectMessage]];
  }
}
