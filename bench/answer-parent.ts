/** What a child can be asked, by name. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/**
 * Makes this process answer the one that forked it. It ends when the parent disconnects or has ended. A terminal sends
 * Ctrl-C to both; only the parent reacts to it.
 */
export function answerParent(handlers: Handlers): void {
  const all: Handlers = { cpuSeconds, residentBytes, ...handlers };
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ id, name, argument }: Question) => {
    let reply: Reply;
    try {
      reply = { id, result: await all[name]!(argument as never) };
    } catch (error) {
      reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send!(reply);
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function residentBytes(): number {
  return process.memoryUsage.rss();
}
