import { WatchStream } from './watch-stream.js';

/** Reads a response's body; what it throws, or a connection that breaks, ends the stream without a reason. */
export type BodyReader = (response: Response, chunks: AsyncIterable<Buffer>) => Promise<void>;

/** A watch by fetch. Paused, it leaves the body unread, so that the socket fills. */
export function httpWatch(
  url: string,
  init: RequestInit,
  read: (stream: WatchStream) => BodyReader,
): WatchStream {
  const gone = new AbortController();
  let gate: Promise<void> = Promise.resolve();
  let open = (): void => {};
  const stream = new WatchStream({
    leave: () => gone.abort(),
    pause: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    resume: () => open(),
  });
  async function* chunks(response: Response): AsyncGenerator<Buffer> {
    const reader = response.body!.getReader();
    for (;;) {
      await gate;
      const { done, value } = await reader.read();
      if (done) return;
      yield Buffer.from(value);
    }
  }
  const run = async (): Promise<void> => {
    const response = await fetch(url, { ...init, signal: gone.signal });
    stream.begin();
    await read(stream)(response, chunks(response));
  };
  run().then(
    () => stream.end({}),
    () => stream.end({}),
  );
  return stream;
}
