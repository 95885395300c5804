import { expect } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../../../test/support/app.js';
import { AnswerCutter } from '../../../test/support/cut-answers.js';
import { Holdfast, type HoldfastError, type HoldfastOptions } from '../src/index.js';

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

/** The same, with a client whose connections can be cut. */
export interface CutStage extends Stage {
  readonly cutter: AnswerCutter;
  readonly holdfast: Holdfast;
  close(): Promise<void>;
}

export async function startCutStage(): Promise<CutStage> {
  const stage = await startStage();
  const cutter = await AnswerCutter.start(new URL(stage.options.url).host);
  const holdfast = new Holdfast({ ...stage.options, url: `http://${cutter.address}` });
  const close = async (): Promise<void> => {
    holdfast.close();
    cutter.close();
    await stage.service.close();
  };
  return { ...stage, cutter, holdfast, close };
}

/** What the call fails with; fails the test if it succeeds. */
export const failureOf = (call: Promise<unknown>): Promise<HoldfastError> =>
  call.then(
    () => expect.fail('it succeeded'),
    (error) => error,
  );
