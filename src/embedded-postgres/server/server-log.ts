import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runsAsRoot } from '../layout.js';

const ROTATE_ABOVE_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 4_000;

/** The server's log, opened for one start. The server inherits the handle but gets no permission on the file. */
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

  /** Opens the log at its end. A large log is first renamed, which replaces the previous one. */
  static async open(path: string): Promise<ServerLog> {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size > ROTATE_ABOVE_BYTES) await rename(path, `${path}.1`);
    const handle = await open(path, 'a', 0o600);
    if (runsAsRoot()) {
      // Root may be using another user's DATA_DIR, and that user must still be able to log.
      const { uid, gid } = await stat(dirname(path));
      await handle.chown(uid, gid);
    }
    return new ServerLog(handle, path, (await handle.stat()).size);
  }

  /** Reads what was logged since it was opened, or only the end of a long log. */
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
