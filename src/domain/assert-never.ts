/** Ends a switch that returns nothing: the compiler names the kind that has no case. */
export function assertNever(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
