/** Ends a switch that returns nothing: the compiler reports a kind without a case. */
export function assertNever(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
