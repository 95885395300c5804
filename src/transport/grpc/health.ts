import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** grpc.health.v1.Health, Check and Watch. */
export class GrpcHealth {
  readonly #services: readonly string[];
  readonly #health: HealthImplementation;

  /** Reports NOT_SERVING until set otherwise. */
  constructor(services: readonly string[]) {
    this.#services = services;
    this.#health = new HealthImplementation(Object.fromEntries(services.map((s) => [s, 'NOT_SERVING'])));
  }

  setServing(serving: boolean): void {
    for (const service of this.#services)
      this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }

  addToServer(server: Server): void {
    this.#health.addToServer(server);
  }
}
