import { type App, createApp } from '../app.js';
import { type Config, type Environment, loadConfig } from '../config.js';
import { resolveJwt } from '../jwt-secret.js';
import { demoIsOpen, prepareDemo } from '../service/demo.js';
import { createLogger } from '../telemetry/logger.js';
import { VERSION } from '../version.js';
import { exposureWarnings, openDemoWarning } from './exposure.js';
import { revokedDemoLines, sampleLines } from './samples.js';

/**
 * `holdfast serve`: runs the service until it is told to stop. On the embedded database it also creates the demo
 * merchant and prints lines to try it with. Reports that it is ready once all of that exists.
 */
export async function serve(env: Environment, print: (text: string) => void): Promise<App> {
  const config = loadConfig(env);
  const logger = createLogger(config.logLevel);
  logger.info({ version: VERSION, node: process.version }, 'Holdfast starts');
  for (const warning of exposureWarnings(config)) logger.warn(warning);
  return createApp(config, {
    logger,
    prepare: async (started) => {
      const lines = config.demo ? await demoLines(config, started) : [];
      if (config.exposed && !config.demo && (await demoIsOpen(started.dataSource))) {
        logger.warn(openDemoWarning(config));
      }
      const { httpUrl, grpcAddress } = started.addresses;
      if (started.metricsUrl !== undefined) lines.push(`Metrics on ${started.metricsUrl}`);
      // Must be the last line: scripts wait for it.
      lines.push(`Holdfast serves HTTP on ${httpUrl} and gRPC on ${grpcAddress}`);
      return () => print(lines.join('\n'));
    },
  });
}

async function demoLines(
  config: Config,
  { addresses, dataSource }: Pick<App, 'addresses' | 'dataSource'>,
): Promise<string[]> {
  const demo = await prepareDemo(dataSource, resolveJwt(config), config.dataDir, addresses);
  return [demo === undefined ? revokedDemoLines() : sampleLines(demo, config)];
}
