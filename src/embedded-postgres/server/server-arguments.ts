import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
const BUFFERS_MIN_MIB = 128;
/** Holds what is written again and again with 10,000 records, and costs 30 ms of a start. */
const BUFFERS_MAX_MIB = 1024;

/** Settings of the server, passed on its command line so that those of a newer Holdfast apply at the next start. */
const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // A socket's path is limited to about 100 bytes, and that of DATA_DIR may be longer.
  unix_socket_directories: '',
  max_connections: '200',
  fsync: 'on',
  synchronous_commit: 'on',
  // Statements are short look-ups by primary key: compiling them costs more than it saves.
  jit: 'off',
  // With the defaults (1GB, 5min), a benchmark has a checkpoint every few seconds, and each one causes every hot page
  // to be logged in full again.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // There are few full pages at this checkpoint distance, and the processor is the bottleneck.
  wal_compression: 'off',
  // Failed statements are reported by the caller. This leaves starts, stops, checkpoints and worse.
  log_min_messages: 'log',
  log_timezone: 'UTC',
  timezone: 'UTC',
  // The server's messages are matched when a start fails.
  lc_messages: 'C',
};

export function serverArguments(cluster: string, port: number, memoryBytes = usableMemory()): string[] {
  const options = Object.entries({
    ...settings,
    shared_buffers: `${sharedBuffersMib(memoryBytes)}MB`,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster, '-p', String(port), ...options];
}

/**
 * A quarter of the memory, within bounds.
 *
 * https://www.postgresql.org/docs/18/runtime-config-resource.html#GUC-SHARED-BUFFERS
 */
function sharedBuffersMib(memoryBytes: number): number {
  return Math.min(BUFFERS_MAX_MIB, Math.max(BUFFERS_MIN_MIB, Math.floor(memoryBytes / 4 / MIB)));
}

/** The machine's, or less in a container. */
function usableMemory(): number {
  // 0 or undefined: there is no limit, or none is known.
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/** Access control of the cluster: only passwords over loopback. */
export const HOST_ACCESS = `# TYPE  DATABASE  USER  ADDRESS       METHOD
host    all       all   127.0.0.1/32  scram-sha-256
`;
