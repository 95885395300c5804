import { permissions } from '../auth/principal.js';

/** What `--help` says below the options: everything else that a command needs. */

export const ROOT_HELP = `
Without a command, it serves. All commands talk to the database of DATABASE_URL,
or, without that, to the embedded one of DATA_DIR (.holdfast), whether a service
runs on it or not.

Exit codes: 0 done; 1 failed, or lines were left, or drift was found; 2 used
wrongly.

A first merchant, on DATABASE_URL after "holdfast migrate":
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

export const HEALTH_HELP = `
It asks GET /readyz on HOST and HTTP_PORT, over TLS if TLS_CERT_FILE is set, and
prints what is answered. Exit code 0 if the service is ready, 1 if not.

For checks that run every few seconds, node dist/health-check.js is the same at a
tenth of the cost.`;

export const DISTRIBUTE_HELP = `
For tables of DATABASE_URL that are empty or filled, on the coordinator of a Citus
cluster, while no service runs. All tables are distributed, or none. Run it again
after an upgrade that adds tables: it leaves alone what is distributed already.

All processes on distributed tables need BATCH_SCOPE=merchant.`;

export const TOKEN_HELP = `
Permissions, each implying those before it:
  ${permissions.join(', ')}

With --operator, the token is for the calls that manage merchants and their keys
(can_manage_merchants). They need no API key.

A call of a merchant needs the token and an API key of the merchant: "merchant create" shows
one, "key add" another. The token is signed with JWT_SECRET, or on the embedded
database with the secret in DATA_DIR, which must be the service's. With
JWT_JWKS_URL, the issuer of those keys signs tokens, not this command.`;

export const PRUNE_HELP = `
Counters, holds, orders and the audit stay as they are: what the entries add up to
is kept for each record, and for each record of an order. The entries themselves
are gone, from ListLogs and from watches that would go on from before them: run
"export logs" first, where they must be kept.

It runs in small transactions while services run, may be stopped and run again, and
several may run at once. All services must be of a version that has this command.
The account of DATABASE_URL needs DELETE on movement_log.

Entries stay, however old, while something reads them: a record's last one, its last
adjustment, and the one that opened a hold.`;

export const EXPORT_HELP = `
Entries are in order of merchant and time. After an interruption, with the same
--from, --to and --merchant:
  holdfast export logs … --output log.ndjson --resume      the same file
  holdfast export logs … --after mer_…,2026-…Z,inv_…,7     another one

Of one merchant, --resume on a file that is whole adds what has come since. NDJSON
has everything exactly. In CSV, empty stands for none, and control characters are
escaped (\\u000a).

What will be pruned:
  holdfast export logs --to 2026-01-01T00:00:00Z --output log.ndjson
  holdfast prune --before 2026-01-01T00:00:00Z`;
