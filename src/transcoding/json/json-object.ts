import type { JsonValue } from '@bufbuild/protobuf';
import { ExactNumber } from '../fields/exact-number.js';

export function isJsonObject(json: JsonValue | undefined): json is Record<string, JsonValue> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !isExactNumber(json);
}

/** A number kept as written stands among the values of a JSON text, where no type can tell. */
export function isExactNumber(json: unknown): json is ExactNumber {
  return json instanceof ExactNumber;
}
