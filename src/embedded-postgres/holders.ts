import { randomUUID } from 'node:crypto';
import { readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isAlive, unlessGone } from './process-identity.js';

/** A process that uses the server. */
export interface Holder {
  readonly id: string;
  /** The port in its URL, which a restarted server must keep. */
  readonly port: number;
}

/**
 * The processes that use the server: one symbolic link each, with the text `pid start port`. Only the holder of the
 * lock reads and writes them. Links of dead processes are removed when found.
 */
export class Holders {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(port: number): Promise<string> {
    const self = await identify(process.pid);
    if (self === undefined) throw new Error('cannot read the start time of this process');
    const id = `${self.pid}-${randomUUID()}`;
    await symlink(`${self.pid} ${self.startedAt} ${port}`, join(this.#directory, id));
    return id;
  }

  async remove(id: string): Promise<void> {
    await unlink(join(this.#directory, id)).catch(() => undefined);
  }

  async live(): Promise<Holder[]> {
    const found: Holder[] = [];
    for (const id of await readdir(this.#directory)) {
      const text = (await readlink(join(this.#directory, id)).catch(unlessGone)) ?? '';
      const [pid, startedAt = '', port] = text.split(' ');
      if (await isAlive({ pid: Number(pid), startedAt })) found.push({ id, port: Number(port) });
      else await this.remove(id);
    }
    return found;
  }
}
