import type { JsonValue } from '@bufbuild/protobuf';
import { ExactNumber } from '../fields/exact-number.js';

export function isJsonObject(json: JsonValue | undefined): json is Record<string, JsonValue> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !isExactNumber(json);
}

/** Numbers kept as written appear among the values of a JSON text, where types cannot show them. */
export function isExactNumber(json: unknown): json is ExactNumber {
  return json instanceof ExactNumber;
}
