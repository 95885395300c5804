import type { DataSource } from 'typeorm';
import { inTime } from '../../timing/in-time.js';
import { clientConfig } from './client-config.js';
import { poolWatchOf } from './data-source.js';
import { PoolClient } from './pool-client.js';
import { terminated } from './servers.js';
import { sqlStateOf } from './sqlstate.js';
import type { PoolWatch } from './watched-pool.js';

/**
 * When a statement has had no answer for this time, the nodes are asked. One that takes no connection within this time is
 * silent. It is asked again after the same time.
 */
const SILENT_MS = 1000;
const LOOK_INTERVAL_MS = 250;
/** For this time, a merchant's rows are taken to be on the node where they were. */
const PLACE_KNOWN_MS = 5000;
/** The limit of the coordinator's own answers, beyond the time that a node has. */
const ANSWER_MS = 2000;

/** https://docs.citusdata.com/en/v12.1/develop/api_metadata.html */
const NODES = `
  SELECT nodename AS host, nodeport AS port FROM pg_dist_node
   WHERE isactive AND noderole = 'primary' AND groupid <> 0`;
const TAKES_CONNECTIONS = 'SELECT citus_check_connection_to_node($1, $2) AS takes';
const PLACE = `
  SELECT nodename || ':' || nodeport AS node FROM pg_dist_shard_placement
   WHERE shardid = get_shard_id_for_distribution_column('stock_levels', $1::text)`;

interface Node {
  readonly host: string;
  readonly port: number;
}

const UNDEFINED_TABLE = '42P01';

/** The node that has the merchant's rows does not answer. Nothing was sent there. */
export class NodeSilent extends Error {
  override readonly name = 'NodeSilent';
  /** What it counts as, where nobody knows better: connection_failure. */
  readonly code = '08006';
  constructor(node: string) {
    super(`the cluster's node ${node} does not answer`);
  }
}

export interface SilentNodesOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** A node has fallen silent, or answers again. */
  onChange(node: string, isSilent: boolean): void;
}

const nodesOf = new WeakMap<DataSource, SilentNodes>();

/** Throws NodeSilent if the merchant's rows are on a node that does not answer, as far as that is known. */
export async function requireNode(dataSource: DataSource, merchantId: string): Promise<void> {
  await nodesOf.get(dataSource)?.require(dataSource, merchantId);
}

/** Throws NodeSilent if any node does not answer. */
export function requireAllNodes(dataSource: DataSource): void {
  nodesOf.get(dataSource)?.requireAll();
}

/**
 * The nodes of a cluster that are cut off, or frozen. What asks for their rows has no answer until its time is up, and has a
 * connection of the pool meanwhile. Merchants on the other nodes need these.
 *
 * So once statements have had no answer for a second, the coordinator tries to connect to each node. If one takes no
 * connection, what has no answer by then is given up, and nothing more is sent to that node until it takes connections
 * again. A node that refuses them does answer, and is not silent.
 */
export class SilentNodes {
  readonly #options: SilentNodesOptions;
  readonly #pools: PoolWatch[] = [];
  /** One error for each, however many calls it fails, so that it is logged once. */
  readonly #silent = new Map<string, NodeSilent>();
  readonly #places = new Map<string, { readonly node: string | undefined; readonly atMs: number }>();
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<void> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SilentNodesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref();
  }

  /** From now on, `requireNode` knows of the pool, and its connections are looked at. */
  guard(dataSource: DataSource): void {
    nodesOf.set(dataSource, this);
    const pool = poolWatchOf(dataSource);
    if (pool !== undefined) this.#pools.push(pool);
  }

  get count(): number {
    return this.#silent.size;
  }

  async require(dataSource: DataSource, merchantId: string): Promise<void> {
    if (this.#silent.size === 0) return;
    const node = await this.#placeOf(dataSource, merchantId);
    const error = node === undefined ? undefined : this.#silent.get(node);
    if (error !== undefined) throw error;
  }

  requireAll(): void {
    for (const error of this.#silent.values()) throw error;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#asking;
  }

  async #placeOf(dataSource: DataSource, merchantId: string): Promise<string | undefined> {
    const known = this.#places.get(merchantId);
    if (known !== undefined && performance.now() - known.atMs < PLACE_KNOWN_MS) return known.node;
    // If that cannot be told, what wants the rows finds out by itself.
    const rows: { node: string }[] = await dataSource.query(PLACE, [merchantId]).catch(() => []);
    const node = rows[0]?.node;
    this.#places.set(merchantId, { node, atMs: performance.now() });
    return node;
  }

  #look(): void {
    const nowMs = performance.now();
    if (this.#asking !== undefined || nowMs - this.#askedAtMs < SILENT_MS) return;
    if (this.#silent.size === 0 && this.#unanswered(nowMs - SILENT_MS).next().done) return;
    this.#asking = this.#ask(nowMs).finally(() => {
      this.#asking = undefined;
      this.#askedAtMs = performance.now();
    });
  }

  async #ask(sinceMs: number): Promise<void> {
    const silent = await this.#findSilent().catch((error: unknown) =>
      // It is no coordinator, and has no nodes.
      sqlStateOf(error) === UNDEFINED_TABLE ? new Set<string>() : undefined,
    );
    // Otherwise, the coordinator itself does not answer.
    if (silent === undefined) return;
    for (const node of this.#silent.keys()) {
      if (silent.has(node)) continue;
      this.#silent.delete(node);
      this.#options.onChange(node, false);
    }
    for (const node of silent) {
      if (this.#silent.has(node)) continue;
      this.#silent.set(node, new NodeSilent(node));
      this.#options.onChange(node, true);
    }
    if (silent.size === 0) {
      this.#places.clear();
      return;
    }
    for (const client of [...this.#unanswered(sinceMs)]) {
      client.cut(terminated('a node of the cluster does not answer'));
    }
  }

  /** Over a new connection: the coordinator then has none to the nodes that it could take for good. */
  async #findSilent(): Promise<Set<string>> {
    const { url, connectTimeoutMs } = this.#options;
    const client = new PoolClient({
      ...clientConfig(url, { connectTimeoutMs, readOnly: false, options: [] }),
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: SILENT_MS + ANSWER_MS,
      application_name: 'holdfast-nodes',
    });
    try {
      await client.connect();
      const { rows: nodes }: { rows: Node[] } = await client.query(NODES);
      await client.query('BEGIN');
      await client.query(`SET LOCAL citus.node_connection_timeout = ${SILENT_MS}`);
      const silent = new Set<string>();
      for (const { host, port } of nodes) {
        const askedAtMs = performance.now();
        const { rows }: { rows: { takes: boolean }[] } = await client.query(TAKES_CONNECTIONS, [host, port]);
        const isInTime = performance.now() - askedAtMs < SILENT_MS * 0.9;
        if (!rows[0]!.takes && !isInTime) silent.add(`${host}:${port}`);
      }
      return silent;
    } finally {
      const ending = client.end().catch(() => {});
      await inTime(ANSWER_MS, ending, () => {});
    }
  }

  /** Connections whose statement runs since then, or longer. */
  *#unanswered(sinceMs: number): Generator<PoolClient> {
    for (const { inUse } of this.#pools) {
      for (const client of inUse.keys()) {
        if (client instanceof PoolClient && (client.running?.sinceMs ?? sinceMs + 1) <= sinceMs) yield client;
      }
    }
  }
}
