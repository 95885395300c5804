import { createApp, type Overrides } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';

/** host:port of each door that a side has. */
export interface Addresses {
  readonly grpc?: string;
  readonly rest?: string;
}

export interface ServiceStart {
  readonly databaseUrl: string;
  readonly jwtSecret: string;
  /** Environment variables; absent: every setting is at its default. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The service as `serve` starts it: every setting at its default, except for the ports and what is given. */
export async function startService(
  { databaseUrl, jwtSecret, settings }: ServiceStart,
  overrides: Overrides = {},
): Promise<Addresses> {
  const app = await createApp(
    loadConfig({
      DATABASE_URL: databaseUrl,
      JWT_SECRET: jwtSecret,
      HTTP_PORT: '0',
      GRPC_PORT: '0',
      ...settings,
    }),
    overrides,
  );
  const { grpcAddress, httpUrl } = app.addresses;
  return { grpc: grpcAddress, rest: new URL(httpUrl).host };
}
