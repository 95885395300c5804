import { type App, createApp } from '../app.js';
import { type Environment, loadConfig } from '../config.js';
import { resolveJwt } from '../jwt-secret.js';
import { prepareDemo } from '../service/demo.js';
import { createLogger } from '../telemetry/logger.js';
import { VERSION } from '../version.js';
import { sampleLines } from './samples.js';

/**
 * `holdfast serve`: the service, until it is told to stop. On the embedded database it also makes the demo
 * merchant and prints lines to try it with.
 */
export async function serve(env: Environment, print: (text: string) => void): Promise<App> {
  const config = loadConfig(env);
  const logger = createLogger(config.logLevel);
  logger.info({ version: VERSION, node: process.version }, 'Holdfast starts');
  const app = await createApp(config, { logger });
  try {
    const { httpUrl, grpcAddress } = app.addresses;
    if (config.databaseUrl === undefined && config.jwt.jwksUrl === undefined) {
      const demo = await prepareDemo(app.dataSource, resolveJwt(config), config.dataDir, app.addresses);
      print(sampleLines(demo, config));
    }
    if (app.metricsUrl !== undefined) print(`Metrics on ${app.metricsUrl}`);
    // The last line, for which scripts wait.
    print(`Holdfast serves HTTP on ${httpUrl} and gRPC on ${grpcAddress}`);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
