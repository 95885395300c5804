/**
 * The first item of a source, and the whole source including it. Undefined if the source is empty, or if `signal` is
 * aborted first.
 */
export async function peek<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): Promise<{ first: T | undefined; all: AsyncIterable<T> }> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(undefined));
    if (signal.aborted) resolve(undefined);
    iterator.next().then(resolve, reject);
  });
  let pending = first;
  const all: AsyncIterator<T> = {
    next: async () => {
      const result = pending ?? (await iterator.next());
      pending = undefined;
      return result;
    },
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  };
  return {
    first: first?.done === true ? undefined : first?.value,
    all: { [Symbol.asyncIterator]: () => all },
  };
}
