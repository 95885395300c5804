/** Stands for what cannot be decoded: it matches no parameter's name and no schema. */
export const UNREADABLE = '\0';

/** The pairs of a target's query, decoded, or unreadable. */
export function queryPairs(target: string): (readonly [name: string, value: string])[] {
  const query = target.split('?').slice(1).join('?');
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [decoded(name), decoded(value.join('='))];
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return UNREADABLE;
  }
}
