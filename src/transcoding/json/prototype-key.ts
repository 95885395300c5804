import { type MalformedRequest, malformedAt } from '../faults.js';

/**
 * The one text that cannot be a key of a JavaScript object: assigning to it changes the object's prototype, so a map
 * entry would silently be lost. As a field name it is merely unknown.
 */
export const PROTOTYPE_KEY = '__proto__';

export function noPrototype(path: string): MalformedRequest {
  return malformedAt(path, `must not have a key named ${PROTOTYPE_KEY}`);
}
