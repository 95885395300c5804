import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runsAsRoot } from './layout.js';

const ROTATE_ABOVE_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 4_000;

/** The server's log, opened for one start of it. The server inherits the handle, and no right to the file. */
export class ServerLog {
  readonly #path: string;
  readonly #startBytes: number;

  private constructor(
    readonly handle: FileHandle,
    path: string,
    startBytes: number,
  ) {
    this.#path = path;
    this.#startBytes = startBytes;
  }

  /** Opens the log at its end; one that has grown large is put aside first, in place of the last such. */
  static async open(path: string): Promise<ServerLog> {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size > ROTATE_ABOVE_BYTES) await rename(path, `${path}.1`);
    const handle = await open(path, 'a', 0o600);
    if (runsAsRoot()) {
      // Root may be a guest in a user's DATA_DIR, and that user must still be able to log.
      const { uid, gid } = await stat(dirname(path));
      await handle.chown(uid, gid);
    }
    return new ServerLog(handle, path, (await handle.stat()).size);
  }

  /** What was logged since it was opened; the end of it, if that was much. */
  async sinceOpened(): Promise<string> {
    const reader = await open(this.#path, 'r');
    try {
      const { size } = await reader.stat();
      const from = Math.max(this.#startBytes, size - TAIL_BYTES);
      const { buffer, bytesRead } = await reader.read(Buffer.alloc(Math.max(0, size - from)), {
        position: from,
      });
      return buffer.subarray(0, bytesRead).toString().trim();
    } finally {
      await reader.close();
    }
  }
}
