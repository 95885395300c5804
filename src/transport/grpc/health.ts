import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** grpc.health.v1.Health, Check and Watch, with watches that a stopping server can end. */
export class GrpcHealth {
  readonly #services: readonly string[];
  readonly #health: HealthImplementation;
  readonly #watches = new Set<Watch>();

  /** Not serving, until told. */
  constructor(services: readonly string[]) {
    this.#services = services;
    this.#health = new HealthImplementation(Object.fromEntries(services.map((s) => [s, 'NOT_SERVING'])));
  }

  setServing(serving: boolean): void {
    for (const service of this.#services)
      this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }

  addToServer(server: Server): void {
    // A watch has no end of its own, and would keep the server from draining.
    const addService: Server['addService'] = (definition, implementation) => {
      const watch = implementation.watch as (call: Watch) => void;
      const tracked = (call: Watch): void => {
        this.#watches.add(call);
        call.on('cancelled', () => this.#watches.delete(call));
        watch(call);
      };
      server.addService(definition, { ...implementation, watch: tracked });
    };
    this.#health.addToServer({ addService } as Server);
  }

  endWatches(): void {
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }
}

type Watch = ServerWritableStream<unknown, unknown>;
