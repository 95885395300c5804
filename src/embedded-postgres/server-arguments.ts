/** Settings of the server, given on its command line so that a newer Holdfast's apply at the next start. */
const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // A socket's path is limited to about 100 bytes, and DATA_DIR may lie deep.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  // Short statements by primary key: compiling them costs more than it saves.
  jit: 'off',
  // The defaults (1GB, 5min) checkpoint every few seconds of a benchmark, and every checkpoint makes each hot
  // page be logged in full once more.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // Full pages are few at this checkpoint distance; the processor is what runs short first.
  wal_compression: 'off',
  // Failures of statements are answers to the caller, who reports them. Here remain starts, stops,
  // checkpoints and worse.
  log_min_messages: 'log',
  log_timezone: 'UTC',
  timezone: 'UTC',
  // The server's own words are matched when a start fails.
  lc_messages: 'C',
};

export function serverArguments(cluster: string, port: number): string[] {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster, '-p', String(port), ...options];
}

/** Access control of the cluster: passwords, over loopback, and no other way in. */
export const HOST_ACCESS = `# TYPE  DATABASE  USER  ADDRESS       METHOD
host    all       all   127.0.0.1/32  scram-sha-256
`;
