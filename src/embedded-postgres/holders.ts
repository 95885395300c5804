import { randomUUID } from 'node:crypto';
import { readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isAlive, unlessGone } from './process-identity.js';

/** One that uses the server at present. */
export interface Holder {
  readonly id: string;
  /** The port in its URL, which a server that is started anew has to keep. */
  readonly port: number;
}

/**
 * Who uses the server: a symbolic link each, whose text is `pid start port`. Written and read only by
 * the holder of the lock. Those whose process has died are removed on sight.
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
