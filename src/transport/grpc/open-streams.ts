import type { Server, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';

/**
 * The streams of services that never end one themselves (health watches, reflection): each would keep the server
 * from draining until its client thinks of leaving.
 */
export class OpenStreams {
  readonly #streams = new Set<Stream>();

  /** What such a service is added to, in place of the server. */
  around(server: Server): Server {
    const addService: Server['addService'] = (definition, implementation) =>
      server.addService(definition, this.#tracked(implementation));
    return { addService } as Server;
  }

  endAll(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  #tracked(implementation: UntypedServiceImplementation): UntypedServiceImplementation {
    const handlers = Object.entries(implementation).map(([name, handler]) => {
      const handle = handler as (call: Stream, callback?: unknown) => void;
      const tracked: typeof handle = (call, callback) => {
        // Only a unary call has a callback.
        if (callback === undefined) this.#track(call);
        handle(call, callback);
      };
      return [name, tracked];
    });
    return Object.fromEntries(handlers);
  }

  #track(stream: Stream): void {
    this.#streams.add(stream);
    const forget = (): void => {
      this.#streams.delete(stream);
    };
    stream.once('cancelled', forget);
    stream.once('finish', forget);
  }
}

type Stream = ServerWritableStream<unknown, unknown>;
