import { shown, textProblem } from './text.js';

const PAIRS_MAX = 50;
const NAME_CHARACTERS_MAX = 64;
const VALUE_CHARACTERS_MAX = 256;

/**
 * Reads variant attributes, given as an object or as JSON; returns the problem if they are not valid. A test compares
 * the bounds with those of CreateInventoryRequest in the API.
 */
export function readAttributes(said: unknown): Readonly<Record<string, string>> | string {
  const value = typeof said === 'string' ? fromJson(said) : said;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'must be a JSON object such as {"colour": "red"}';
  }
  const pairs = Object.entries(value);
  if (pairs.length > PAIRS_MAX) return `must have at most ${PAIRS_MAX} pairs`;
  for (const [name, text] of pairs) {
    if (name === '') return 'must not have an empty name';
    if (name === '__proto__') return 'must not have the name __proto__';
    const problem = textProblem(name, NAME_CHARACTERS_MAX);
    if (problem !== undefined) return `has a name that ${problem}`;
    const valueProblem = textProblem(text, VALUE_CHARACTERS_MAX);
    if (valueProblem !== undefined) return `has a value of ${shown(name)} that ${valueProblem}`;
  }
  return value as Record<string, string>;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
