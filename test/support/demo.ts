import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Demo, prepareDemo } from '../../src/service/demo.js';
import { JWT_SECRET, type TestApp } from './app.js';

/** The merchant and the record that `npm start` makes, on a service of the tests. */
export async function makeDemo({ app }: TestApp): Promise<Demo> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  const jwt = {
    secret: JWT_SECRET,
    jwksUrl: undefined,
    jwksStaleMaxMs: 0,
    clockToleranceS: 0,
    issuer: undefined,
    audience: undefined,
  };
  const demo = await prepareDemo(app.dataSource, jwt, dataDir, app.addresses);
  await rm(dataDir, { recursive: true });
  return demo!;
}
