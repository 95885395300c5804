import { expect } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../../../test/support/app.js';
import type { HoldfastError, HoldfastOptions } from '../src/index.js';

/** A service, a merchant, and the options of a client for both. */
export interface Stage {
  readonly service: TestApp;
  readonly merchant: Credentials;
  readonly options: HoldfastOptions;
}

export async function startStage(): Promise<Stage> {
  const service = await startApp();
  const merchant = await service.createMerchant();
  const options = { url: service.httpUrl, apiKey: merchant.apiKey, token: merchant.token };
  return { service, merchant, options };
}

/** What the call fails with; fails the test if it succeeds. */
export const failureOf = (call: Promise<unknown>): Promise<HoldfastError> =>
  call.then(
    () => expect.fail('it succeeded'),
    (error) => error,
  );
