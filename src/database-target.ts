import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** Where connections to the database go, and how. Read from a URL as libpq does, as far as the driver supports it. */
export interface DatabaseTarget {
  /** In the order in which they are tried; not empty. */
  readonly hosts: readonly DatabaseHost[];
  /** Which of the hosts to use. */
  readonly session: SessionAttributes;
  /** Undefined: the driver's default, from PGUSER and similar variables. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** Settings of each session, `-c name=value …`. The service's own follow them, and so win. */
  readonly options: string | undefined;
  /** False: cleartext; undefined: what PGSSLMODE says, or cleartext. */
  readonly tls: DatabaseTls | false | undefined;
  readonly directTls: boolean;
}

export interface DatabaseHost {
  /** A name, an address, or the folder of a Unix socket; undefined: the driver's default. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

export type DatabaseTls = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'checkServerIdentity'
>;

export type SessionAttributes = (typeof sessionAttributes)[number];
const sessionAttributes = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;

/** What is wrong with a URL. The text repeats no part that may be a password. */
export class UnreadableDatabaseUrl extends Error {
  override readonly name = 'UnreadableDatabaseUrl';
  constructor(
    message: string,
    /** A password that is not encoded looks like this. */
    readonly maybeOfPassword = false,
  ) {
    super(message);
  }
}

const HOSTS_MAX = 16;

const known = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'options',
  'target_session_attrs',
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslnegotiation',
] as const;
type Parameter = (typeof known)[number];

/** The service sets these for itself, or they mean nothing to the driver. */
const ignored = new Set([
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'connect_timeout',
  'gssencmode',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'sslcompression',
  'sslsni',
  'tcp_user_timeout',
]);

const FORM =
  /^postgres(?:ql)?:\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?:\/(?<database>[^?#]*))?(?:\?(?<query>[^#]*))?$/;

/**
 * Reads postgresql://user:password@host:port,host:port/database?parameter=value. Throws UnreadableDatabaseUrl.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function readDatabaseTarget(url: string): DatabaseTarget {
  const parts = FORM.exec(url)?.groups;
  if (parts === undefined || /[@/]/.test(parts.database ?? '')) {
    throw new UnreadableDatabaseUrl('must be postgresql://user:password@host:port/database', true);
  }
  const parameters = readParameters(parts.query ?? '');
  const [user, ...password] = (parts.login ?? '').split(':');
  const hosts = readHosts(parts.hosts ?? '', parameters);
  return {
    hosts,
    session: oneOf('target_session_attrs', parameters, sessionAttributes) ?? 'any',
    user: parameters.user ?? given(decoded(user!)),
    password: parameters.password ?? given(decoded(password.join(':'))),
    database: parameters.dbname ?? given(decoded(parts.database ?? '')),
    options: parameters.options,
    tls: hosts.every(isSocket) ? false : readTls(parameters),
    directTls: oneOf('sslnegotiation', parameters, ['postgres', 'direct'] as const) === 'direct',
  };
}

export function isSocket({ host }: DatabaseHost): boolean {
  return host?.startsWith('/') === true;
}

type Parameters = Readonly<Partial<Record<Parameter, string>>>;

function readParameters(query: string): Parameters {
  const parameters: Partial<Record<Parameter, string>> = {};
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const [name, ...rest] = pair.split('=');
    const value = rest.join('=');
    // Others write a space as a plus, which no setting contains.
    const text = decoded(name === 'options' ? value.replaceAll('+', ' ') : value);
    const parameter = known.find((one) => one === name);
    if (parameter !== undefined) parameters[parameter] = text;
    else if (name === 'channel_binding' && text !== 'require') continue;
    else if (!ignored.has(name!)) throw unknownParameter(name!, rest.length > 0);
  }
  return parameters;
}

function unknownParameter(name: string, hasValue: boolean): UnreadableDatabaseUrl {
  const isName = hasValue && /^[a-zA-Z_]{1,40}$/.test(name);
  const shown = isName ? `the parameter ${name}` : 'a parameter';
  return new UnreadableDatabaseUrl(
    `has ${shown}, which is not supported; these are: ${known.join(', ')}`,
    !isName,
  );
}

/** `host` and `port` of the parameters, or those before the path. */
function readHosts(authority: string, parameters: Parameters): DatabaseHost[] {
  const listed = authority.split(',').map(readHost);
  const names = parameters.host?.split(',') ?? listed.map(({ host }) => host ?? '');
  const ports = parameters.port?.split(',') ?? listed.map(({ port }) => port ?? '');
  if (names.length > HOSTS_MAX) throw new UnreadableDatabaseUrl(`may list at most ${HOSTS_MAX} hosts`);
  if (ports.length !== 1 && ports.length !== names.length) {
    throw new UnreadableDatabaseUrl('must list one port for all hosts, or one for each');
  }
  return names.map((name, i) => ({
    host: given(name),
    port: readPort(ports.length === 1 ? ports[0]! : ports[i]!),
  }));
}

function readHost(text: string): { host: string | undefined; port: string | undefined } {
  const parts = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]]*))(?::(?<port>\d*))?$/.exec(text)?.groups;
  if (parts === undefined)
    throw new UnreadableDatabaseUrl('must name its hosts as host:port,host:port', true);
  return { host: parts.v6 ?? decoded(parts.name!), port: parts.port };
}

function readPort(text: string): number | undefined {
  if (text === '') return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new UnreadableDatabaseUrl('must have ports from 1 to 65535', true);
}

const modes = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'] as const;

/** As in libpq: `require` checks nothing, unless there is a CA to check with; then it does what verify-ca does. */
function readTls(parameters: Parameters): DatabaseTls | false | undefined {
  const mode = readMode(parameters);
  const { sslrootcert, sslcert, sslkey } = parameters;
  if (mode === 'disable') return false;
  if (mode === undefined && sslrootcert === undefined && sslcert === undefined) return undefined;
  const ownCa = sslrootcert !== undefined && sslrootcert !== 'system';
  if (mode === 'verify-ca' && !ownCa) {
    throw new UnreadableDatabaseUrl('must have sslrootcert=FILE with sslmode=verify-ca');
  }
  return {
    ...(ownCa ? { ca: readPem('sslrootcert', sslrootcert) } : {}),
    ...(sslcert === undefined ? {} : { cert: readPem('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: readPem('sslkey', sslkey) }),
    ...checksOf(mode ?? 'verify-full', sslrootcert !== undefined),
  };
}

function checksOf(mode: (typeof modes)[number], hasRoot: boolean): DatabaseTls {
  if (mode === 'no-verify' || (mode === 'require' && !hasRoot)) return { rejectUnauthorized: false };
  if (mode === 'verify-full') return {};
  // Any certificate that the CA has signed, whatever its name.
  return { checkServerIdentity: () => undefined };
}

/** The driver cannot begin in cleartext, or fall back to it, as `allow` and `prefer` would. `ssl` is its own name for it. */
function readMode(parameters: Parameters): (typeof modes)[number] | undefined {
  const own = oneOf('ssl', parameters, ['true', '1', 'false', '0', 'no-verify'] as const);
  const mode = oneOf('sslmode', parameters, modes);
  if (mode !== undefined || own === undefined) return mode;
  if (own === 'no-verify') return own;
  return own === 'true' || own === '1' ? 'verify-full' : 'disable';
}

function readPem(name: Parameter, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UnreadableDatabaseUrl(`${name}: ${error instanceof Error ? error.message : error}`);
  }
}

function oneOf<T extends string>(
  name: Parameter,
  parameters: Parameters,
  values: readonly T[],
): T | undefined {
  const text = parameters[name];
  const value = values.find((one) => one === text);
  if (text === undefined || value !== undefined) return value;
  throw new UnreadableDatabaseUrl(`must have ${name} as one of ${values.join(', ')}`);
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UnreadableDatabaseUrl('has a % that does not begin a percent-encoded character', true);
  }
}
