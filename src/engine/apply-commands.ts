import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { decide } from '../domain/decisions/decide.js';
import { mapName } from '../domain/map-name.js';
import type { Outcome } from '../domain/outcome.js';
import { isOfMerchants } from '../store/connection/data-source.js';
import { NodeSilent, requireAllNodes } from '../store/connection/silent-nodes.js';
import { CommitOutcomeUnknown, inTransaction, type Transaction } from '../store/connection/transaction.js';
import type { TransactionKind } from '../store/connection/watched-pool.js';
import { ifMoved, inPlace } from '../store/tables/kept-place.js';
import { hasMovement, type MovementRow } from '../store/tables/movement-log.js';
import { awaitCreation } from '../store/tables/new-stock-levels.js';
import {
  awaitStockLevel,
  lockStockLevels,
  type RecordKey,
  setLockTimeout,
} from '../store/tables/stock-levels.js';
import { EarlyReads } from './fetch/early-reads.js';
import { type FetchedBatch, fetchBatch } from './fetch/fetch.js';
import { recordsNamed } from './fetch/records-named.js';
import type { MovedMerchants } from './moved-merchants.js';
import { Blocked } from './scheduler/entry.js';
import type { BehindResults, Claim, Line, Results } from './scheduler/executor.js';
import type { Execution, Submission } from './submission.js';
import { changesAnything, type DecidedBatch, writeBatch } from './write.js';

/** COMMIT went unanswered. Carries what shows whether it happened, and the answers if it did. */
export class BatchOutcomeUnknown extends Error {
  override readonly name = 'BatchOutcomeUnknown';
  constructor(
    readonly results: Results<Execution>,
    readonly batchId: string,
    /** One log entry that the batch wrote; all its writes stand or fall together. */
    readonly evidence: MovementRow,
    cause: unknown,
  ) {
    super('the outcome of a batch is unknown', { cause });
  }
}

/** Called once for each merchant whose stock a transaction has changed, when it is committed. */
export type OnChange = (merchantId: string) => void;

/** The rules for all batches of an engine. */
export interface BatchRules {
  /** Lines that a batch has room for (`batch-room.ts`). */
  readonly linesMax: number;
  readonly onChange: OnChange;
  readonly moved: MovedMerchants;
}

/**
 * Runs commands in one transaction: locks and fetches everything, decides each in order of arrival, writes once. Takes
 * as many of the first ones as have room, and at least one. Result i belongs to submission i. Waits for no record: it
 * leaves a command undone if somebody else has a record that it needs, or if `claim` refuses one that it is found to
 * need. If it throws anything but BatchOutcomeUnknown, nothing changed.
 */
export function applyCommands(
  dataSource: DataSource,
  submissions: readonly Submission[],
  rules: BatchRules,
  claim: Claim,
): Promise<Results<Execution>> {
  const { merchantId } = submissions[0]!.command;
  // Settings are not among the rows that are moved, and a move locks them first, and then the others.
  const ofSettings = submissions.every(({ command }) => command.kind === 'update_settings');
  return runBatch(dataSource, rules, { merchantId, kind: 'batch', ofSettings }, (tx) =>
    fetchBatch(tx, submissions, rules.linesMax, 'skip', claim),
  ).catch(ifMoved(() => blockedByMove(submissions)));
}

/** While the merchant's rows are being moved to another node, each command waits as for a record that somebody else has. */
function blockedByMove(submissions: readonly Submission[]): Results<Execution> {
  return submissions.map(({ command }) => {
    const named = recordsNamed(command);
    const names = named.length > 0 ? named : [mapName(command.merchantId, NO_RECORD)];
    return new Blocked(names[0]!, names);
  });
}

/** No record has this id. Nobody can have it, so it is free once the merchant's rows are in their place. */
const NO_RECORD = '';

/** If the lock takes longer than this, somebody else had it. */
const WAITED_MS = 0.3;

/**
 * The same, behind a record that somebody else has: waits for it, and only then takes the commands from the line.
 * Throws if it does not get the record.
 */
export async function applyBehind(
  dataSource: DataSource,
  record: RecordKey,
  line: Line<Submission>,
  rules: BatchRules,
): Promise<BehindResults<Execution>> {
  let waitedMs = 0;
  const results = await runBatch(dataSource, rules, { ...record, kind: 'line' }, async (tx) => {
    const locked = awaitStockLevel(tx, record);
    const early = new EarlyReads(tx, record, locked);
    const stopAdding = line.watch((waiting) => early.add(waiting));
    try {
      waitedMs = (await locked)?.waitedMs ?? 0;
    } finally {
      stopAdding();
    }
    const covered = line.take((submission) => early.covers(submission));
    if (covered.length > 0) return early.fetch(covered, rules.linesMax);
    const others = line.take(() => true);
    return others.length === 0 ? undefined : fetchBatch(tx, others, rules.linesMax, 'skip');
  });
  return { results, waited: waitedMs > WAITED_MS };
}

/** The longest wait for each record in turn: the ones before it are locked meanwhile. */
const PATIENCE_MS = 100;

/** The same, for commands that need several records which others want, too: waits for each, in key order. */
export function applyPatiently(
  dataSource: DataSource,
  submissions: readonly Submission[],
  rules: BatchRules,
): Promise<Results<Execution>> {
  const { merchantId } = submissions[0]!.command;
  return runBatch(dataSource, rules, { merchantId, kind: 'patient' }, (tx) => {
    setLockTimeout(tx, PATIENCE_MS);
    return fetchBatch(tx, submissions, rules.linesMax, 'wait');
  }).catch(ifMoved(() => blockedByMove(submissions)));
}

async function runBatch(
  dataSource: DataSource,
  { onChange, moved }: BatchRules,
  {
    merchantId,
    kind,
    ofSettings = false,
  }: {
    readonly merchantId: string;
    readonly kind: TransactionKind;
    readonly ofSettings?: boolean;
  },
  fetch: (tx: Transaction) => Promise<FetchedBatch | undefined>,
): Promise<Results<Execution>> {
  const batchId = randomUUID();
  let decided: DecidedBatch | undefined;
  try {
    const work = async (tx: Transaction): Promise<void> => {
      const fetched = await fetch(tx);
      if (fetched === undefined) return;
      decided = decideBatch(fetched);
      writeBatch(tx, batchId, decided);
    };
    const scope = isOfMerchants(dataSource) ? merchantId : undefined;
    if (ofSettings) requireAllNodes(dataSource);
    await (ofSettings
      ? inTransaction(dataSource, work, scope, kind)
      : moved.run(dataSource, work, scope, kind));
  } catch (error) {
    if (!(error instanceof CommitOutcomeUnknown) || decided === undefined) throw error;
    const { movements } = decided.workingSet;
    // Prefers an entry of a record that existed before: once its lock is ours, the COMMIT has ended.
    const evidence = movements.find(({ movement }) => movement.revision > 1) ?? movements[0];
    if (evidence === undefined) {
      // No quantity changed. If nothing else did, there was nothing to commit. Otherwise (keys of rejections, lines
      // without units, descriptions, settings), the batch can just run again: it finds the keys and lines, or sets the
      // same values.
      if (!changesAnything(decided)) return decided.results;
      throw error.cause;
    }
    throw new BatchOutcomeUnknown(decided.results, batchId, evidence, error);
  }
  if (decided === undefined) return [];
  for (const changed of decided.workingSet.changedMerchants()) onChange(changed);
  return decided.results;
}

/**
 * Finds out what became of a batch. Takes the record's lock first, which a backend that is still busy with the lost
 * COMMIT holds. Once we have the lock, the log shows for certain whether the COMMIT happened.
 */
export async function reconcileBatch(
  dataSource: DataSource,
  unknown: BatchOutcomeUnknown,
): Promise<Results<Execution> | undefined> {
  const { batchId, evidence, results } = unknown;
  const { merchantId, movement } = evidence;
  const settle = async (tx: Transaction): Promise<boolean> => {
    const record = { merchantId, id: movement.inventoryId };
    const locked = await lockStockLevels(tx, [record]);
    // A record that the batch created cannot be locked until the batch commits.
    if (locked.length === 0) await awaitCreation(tx, record);
    return hasMovement(tx, batchId, evidence);
  };
  const committed = await inPlace(dataSource, settle, merchantId, 'settle').catch((error) => {
    if (error instanceof NodeSilent) throw error;
    // This COMMIT changes nothing; only the answer to the question is missing.
    throw new BatchOutcomeUnknown(results, batchId, evidence, error);
  });
  return committed ? results : undefined;
}

function decideBatch(fetched: FetchedBatch): DecidedBatch {
  const { submissions, blocked, workingSet, keys } = fetched;
  const results = submissions.map((submission): Execution | Blocked => {
    const undone = blocked.get(submission);
    if (undone !== undefined) return undone;
    const { command, idempotency } = submission;
    const { merchantId } = command;
    if (idempotency !== undefined) {
      const seen = keys.find(merchantId, idempotency.key);
      if (seen !== undefined) {
        return seen.fingerprint === idempotency.fingerprint
          ? { kind: 'replayed', outcome: seen.outcome }
          : { kind: 'key_reused' };
      }
    }
    const decision = decide(command, workingSet.world(merchantId));
    let outcome: Outcome;
    if (decision.accepted) {
      workingSet.apply(merchantId, decision.changes);
      outcome = { ok: true, ...decision.success };
    } else {
      outcome = { ok: false, rejection: decision.rejection };
    }
    if (idempotency !== undefined) keys.remember({ merchantId, ...idempotency, outcome });
    return { kind: 'decided', outcome };
  });
  return { results, ...fetched };
}
