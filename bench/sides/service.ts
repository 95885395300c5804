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
}

/** The service as `serve` starts it: every setting at its default, but for the ports. */
export async function startService(
  { databaseUrl, jwtSecret }: ServiceStart,
  overrides: Overrides = {},
): Promise<Addresses> {
  const app = await createApp(
    loadConfig({ DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret, HTTP_PORT: '0', GRPC_PORT: '0' }),
    overrides,
  );
  const { grpcAddress, httpUrl } = app.addresses;
  return { grpc: grpcAddress, rest: new URL(httpUrl).host };
}
