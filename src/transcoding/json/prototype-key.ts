import { type MalformedRequest, malformedAt } from '../faults.js';

/**
 * The one text that is no key of a JavaScript object: an assignment under this name changes the object's prototype, so
 * an entry of a map would be lost in silence. As a field's name it is merely unknown.
 */
export const PROTOTYPE_KEY = '__proto__';

export function noPrototype(path: string): MalformedRequest {
  return malformedAt(path, `must not have a key named ${PROTOTYPE_KEY}`);
}
