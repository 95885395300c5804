import { readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, unlessGone } from './process-identity.js';

const POLL_MS = 20;
const NOTICE_AFTER_MS = 3_000;

/**
 * One process at a time, among processes that may be killed at any moment.
 *
 * Node has no file lock that the kernel releases. Breaking a stale lock file is unsafe: when two processes find it
 * stale, the second removes the first one's new lock. So nobody takes over anything here. A contender takes a ticket
 * with a number above all that it sees, and has the lock once no lower ticket belongs to a live process. A ticket is a
 * symbolic link, because a link is created together with its text (`pid start`), and fails if the name exists.
 *
 * - A ticket numbered from an outdated listing could be lower than the one that has the lock. So a contender that then
 *   sees a higher ticket returns its own and takes another.
 * - Only contenders with higher tickets remove a dead process's ticket. While theirs exist, its number is not reused,
 *   so they remove the right one.
 */
export class TicketLock {
  readonly #directory: string;
  readonly #log: (message: string) => void;

  /** @param directory must exist, and contain only tickets. */
  constructor(directory: string, log: (message: string) => void) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Runs `work` alone. Waits at most `timeoutMs` for its turn, then rejects without running it. */
  async run<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    const ticket = await this.#takeTicket(deadline);
    try {
      await this.#waitForTurn(ticket, deadline);
      return await work();
    } finally {
      await this.#remove(ticket);
    }
  }

  async #takeTicket(deadline: number): Promise<number> {
    const self = await identify(process.pid);
    if (self === undefined) throw new Error('cannot read the start time of this process');
    while (Date.now() < deadline) {
      const ticket = (await this.#highest()) + 1;
      try {
        await symlink(`${self.pid} ${self.startedAt}`, this.#path(ticket));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw cause;
      }
      if ((await this.#highest()) === ticket) return ticket;
      await this.#remove(ticket);
      await sleep(Math.random() * POLL_MS);
    }
    throw new Error(`cannot get a ticket in ${this.#directory}`);
  }

  async #waitForTurn(ticket: number, deadline: number): Promise<void> {
    let noticeAt = Date.now() + NOTICE_AFTER_MS;
    for (;;) {
      const ahead = await this.#firstAhead(ticket);
      if (ahead === undefined) return;
      if (Date.now() > deadline) throw new Error(`process ${ahead} has held ${this.#directory} for too long`);
      if (Date.now() > noticeAt) {
        this.#log(`waiting for process ${ahead}, which is starting or stopping the embedded database`);
        noticeAt = Number.POSITIVE_INFINITY;
      }
      await sleep(POLL_MS);
    }
  }

  async #firstAhead(ticket: number): Promise<number | undefined> {
    for (const other of await this.#tickets()) {
      if (other >= ticket) continue;
      const text = await readlink(this.#path(other)).catch(unlessGone);
      if (text === undefined) continue;
      const [pid, startedAt = ''] = text.split(' ');
      if (await isAlive({ pid: Number(pid), startedAt })) return Number(pid);
      await this.#remove(other);
    }
    return undefined;
  }

  async #tickets(): Promise<number[]> {
    return (await readdir(this.#directory)).map(Number).filter(Number.isSafeInteger);
  }

  async #highest(): Promise<number> {
    return Math.max(0, ...(await this.#tickets()));
  }

  async #remove(ticket: number): Promise<void> {
    await unlink(this.#path(ticket)).catch(() => undefined);
  }

  #path(ticket: number): string {
    return join(this.#directory, String(ticket));
  }
}
