import { type FileHandle, open } from 'node:fs/promises';
import { UsageError } from '../context.js';

/** Where an export goes. */
export interface Sink {
  /** Resolves when it can take more; false: nobody reads it any more. */
  write(text: string): Promise<boolean>;
  close(): Promise<void>;
}

export function streamSink(stream: NodeJS.WriteStream): Sink {
  return {
    write: (text) => new Promise((resolve) => stream.write(text, (error) => resolve(error == null))),
    close: async () => {},
  };
}

/** More than any line has. */
const TAIL_BYTES = 1024 * 1024;

/** A file, and the last whole line that it already has. */
export interface FileSink extends Sink {
  readonly lastLine: string | undefined;
}

/** Opens a new file, or one to continue: then the rest after its last whole line is cut off. Throws UsageError. */
export async function openFileSink(path: string, resume: boolean): Promise<FileSink> {
  const file = await open(path, resume ? 'a+' : 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new UsageError(`${path} exists: add --resume to go on after its last line, or name another file`);
  });
  try {
    const lastLine = await cutToLines(file);
    return {
      lastLine,
      write: async (text) => {
        await file.appendFile(text);
        return true;
      },
      close: async () => {
        await file.sync();
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function cutToLines(file: FileHandle): Promise<string | undefined> {
  const { size } = await file.stat();
  const start = Math.max(0, size - TAIL_BYTES);
  const tail = Buffer.alloc(size - start);
  await file.read(tail, 0, tail.length, start);
  const end = tail.lastIndexOf('\n');
  if (end === -1 && start > 0) throw new UsageError('the file does not end as an export does');
  await file.truncate(start + end + 1);
  const before = end <= 0 ? -1 : tail.lastIndexOf('\n', end - 1);
  return end === -1 ? undefined : tail.subarray(before + 1, end).toString();
}
