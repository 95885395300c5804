import { createApp } from '../../src/app.js';
import { type Environment, loadConfig } from '../../src/config.js';
import type { Credentials } from './app.js';
import { type Door, openDoor } from './doors.js';
import { openStreams } from './metrics.js';
import { onDatabase, until } from './process.js';
import { createStage, type Stage } from './stage.js';
import { openWatch, type WatchDoor, type WatchRequest, type WatchStream } from './watches.js';

/** A service of a stage's database, and what a test does with its streams. */
export interface WatchService {
  readonly httpUrl: string;
  readonly grpcAddress: string;
  /** Calls as the stage's merchant. */
  readonly caller: Door;
  watch(door: WatchDoor, request: WatchRequest, options?: WatchOptions): WatchStream;
  untilNoStream(): Promise<void>;
  close(): Promise<void>;
}

export interface WatchOptions {
  /** The stage's, unless given. */
  readonly credentials?: Partial<Credentials>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Services that start and stop on one database, for tests of their streams. */
export interface WatchServices {
  readonly stage: Stage;
  start(env?: Environment): Promise<WatchService>;
  /** For `afterEach`: every stream is left, and every service but `kept` stopped. */
  tidy(kept?: WatchService): Promise<void>;
  close(): Promise<void>;
}

export async function openWatchServices(): Promise<WatchServices> {
  const stage = await createStage();
  const streams = new Set<WatchStream>();
  const services = new Set<WatchService>();
  const tidy = async (kept?: WatchService): Promise<void> => {
    for (const stream of streams) stream.leave();
    streams.clear();
    for (const service of services) if (service !== kept) await service.close();
    await kept?.untilNoStream();
  };
  return {
    stage,
    start: async (env = {}) => {
      const config = loadConfig({ ...onDatabase(stage.database.url), LOG_LEVEL: 'silent', ...env });
      const app = await createApp(config);
      const { addresses } = app;
      const caller = openDoor('REST', addresses);
      const service: WatchService = {
        ...addresses,
        caller,
        watch: (door, request, options) => {
          const stream = openWatch(door, addresses, request, { credentials: stage, ...options });
          streams.add(stream);
          return stream;
        },
        untilNoStream: () =>
          until('the end of all streams', async () => (await openStreams(addresses.httpUrl)) === 0),
        close: async () => {
          if (!services.delete(service)) return;
          caller.close();
          await app.close();
        },
      };
      services.add(service);
      return service;
    },
    tidy,
    close: async () => {
      await tidy();
      await stage.close();
    },
  };
}
