import { permissions } from '../auth/principal.js';

/** What `--help` says below the options: everything else that a command needs. */

export const ROOT_HELP = `
Without a command, it serves. All commands talk to the database of DATABASE_URL,
or, without that, to the embedded one of DATA_DIR (.holdfast), whether a service
runs on it or not.

Exit codes: 0 done; 1 failed, or lines were left, or drift was found; 2 used
wrongly.

A first merchant:
  holdfast merchant create --name 'Corner Shop'
  holdfast record create --merchant mer_… --id inv_socks --on-hand 100
  holdfast token --merchant mer_… --permissions can_update_inventory`;

export const SERVE_HELP = `
Everything is set by the environment, among it HTTP_PORT (8080), GRPC_PORT
(50051), HOST (127.0.0.1), DATABASE_URL, DATA_DIR (.holdfast), JWT_SECRET or
JWT_JWKS_URL, METRICS_PORT and LOG_LEVEL; docs/operations.md has all. Faults in
it are told at once, with exit code 1.

SIGTERM and SIGINT stop the service when what it accepted is answered; a second
one stops it at once.`;

export const DISTRIBUTE_HELP = `
For tables of DATABASE_URL that are empty or filled, on the coordinator of a Citus
cluster, while no service runs. All tables are distributed, or none. Run it again
after an upgrade that adds tables: it leaves alone what is distributed already.

All processes on distributed tables need BATCH_SCOPE=merchant.`;

export const TOKEN_HELP = `
Permissions, each implying those before it:
  ${permissions.join(', ')}

A call needs the token and an API key of the merchant: "merchant create" shows
one, "key add" another. The token is signed with JWT_SECRET, or on the embedded
database with the secret in DATA_DIR, which must be the service's. With
JWT_JWKS_URL, the issuer of those keys signs tokens, not this command.`;
