import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** Linux counts processor time in hundredths of a second, wherever Node runs. */
const TICKS_A_SECOND = 100;

/** Processor time of the PostgreSQL server so far, all its processes; undefined where there is no /proc. */
export class DatabaseCpu {
  #postmaster: number | undefined;

  static async of(serverUrl: string): Promise<DatabaseCpu> {
    const cpu = new DatabaseCpu();
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    const { rows } = await client.query<{ file: string }>(`SELECT pg_read_file('postmaster.pid') AS file`);
    await client.end();
    cpu.#postmaster = Number.parseInt(rows[0]!.file, 10);
    return cpu;
  }

  async seconds(): Promise<number | undefined> {
    try {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      const ticks = await Promise.all(pids.map((pid) => this.#ticks(pid)));
      return ticks.reduce((sum, each) => sum + each, 0) / TICKS_A_SECOND;
    } catch {
      return undefined;
    }
  }

  /** Of a process that belongs to the server, otherwise 0. The postmaster's count includes backends that ended. */
  async #ticks(pid: string): Promise<number> {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The name, in parentheses, may hold anything. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    if (Number(pid) === this.#postmaster) return user + system + endedUser + endedSystem;
    return fields[1] === this.#postmaster ? user + system : 0;
  }
}
