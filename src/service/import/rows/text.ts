/** Says why a value cannot be stored as text; undefined when it can. */
export function textProblem(value: unknown, charactersMax: number): string | undefined {
  if (typeof value !== 'string') return `must be a text, not ${shown(value)}`;
  // A character outside the basic plane counts as one, but adds two to `length`.
  if (value.length > charactersMax && [...value].length > charactersMax) {
    return `must have at most ${charactersMax} characters`;
  }
  if (value.includes('\0')) return 'must not contain the character NUL';
  if (/\p{Surrogate}/u.test(value)) return 'must not contain half a character';
  return undefined;
}

/** Formats a value for a message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
