import type { SettingsSuccess } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, type Result } from './commands.js';
import { fingerprintOf } from './fingerprint.js';
import type { HoldTtl } from './hold-ttl.js';

export interface UpdateSettingsRequest {
  /** Seconds; 0: referenced holds are open-ended; undefined: unchanged. */
  readonly defaultTtlSeconds?: number | undefined;
}

/** Changes a merchant's settings. */
export class MerchantSettings {
  readonly #engine: Pick<Engine, 'submit'>;
  readonly #holdTtl: HoldTtl;

  constructor(engine: Pick<Engine, 'submit'>, holdTtl: HoldTtl) {
    this.#engine = engine;
    this.#holdTtl = holdTtl;
  }

  async update(call: CallContext, request: UpdateSettingsRequest): Promise<Result<SettingsSuccess>> {
    const { defaultTtlSeconds } = request;
    const { merchantId, actor } = call.principal;
    const result = await execute(
      this.#engine,
      call,
      { kind: 'update_settings', merchantId, actor, defaultTtlSeconds },
      () => fingerprintOf('update_settings', request, { defaultTtlSeconds: 'as_it_is' }),
    );
    this.#holdTtl.forget(merchantId);
    return result;
  }
}
