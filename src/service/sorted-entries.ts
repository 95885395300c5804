/** Name and value pairs in order of name, at all depths: maps keep the caller's order. */
export function sortedEntries(value: object): unknown[] {
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => [name, typeof part === 'object' && part !== null ? sortedEntries(part) : part]);
}
