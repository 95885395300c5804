import { type DescEnum, type DescField, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import { base64Encode } from '@bufbuild/protobuf/wire';

/** Writes one scalar, enum or message. */
export type ElementWriter = (value: unknown) => JsonValue;

/** Throws on a value whose JavaScript type is not the field's: a bug in the host, which must not go out. */
export function scalarWriter(field: DescField, type: ScalarType): ElementWriter {
  const refuse = (): never => {
    throw new Error(`${field.toString()} does not hold a ${ScalarType[type].toLowerCase()}`);
  };
  switch (type) {
    case ScalarType.STRING:
      return (value) => (typeof value === 'string' ? value : refuse());
    case ScalarType.BOOL:
      return (value) => (typeof value === 'boolean' ? value : refuse());
    case ScalarType.BYTES:
      return (value) => (value instanceof Uint8Array ? base64Encode(value) : refuse());
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return (value) => {
        if (typeof value !== 'number') return refuse();
        // NaN and the infinities.
        return Number.isFinite(value) ? value : String(value);
      };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return (value) => (typeof value === 'number' ? value : refuse());
    default:
      return (value) =>
        typeof value === 'bigint' || typeof value === 'string' || Number.isInteger(value)
          ? String(value)
          : refuse();
  }
}

/** By name (the first of several), or by number if the enum does not know it. */
export function enumWriter(field: DescField, desc: DescEnum): ElementWriter {
  const isNull = desc.typeName === 'google.protobuf.NullValue';
  const names = new Map(desc.values.toReversed().map((v) => [v.number, v.name]));
  return (value) => {
    if (typeof value !== 'number') throw new Error(`${field.toString()} does not hold a number`);
    return isNull ? null : (names.get(value) ?? value);
  };
}
