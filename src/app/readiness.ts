import { inTime } from '../timing/in-time.js';

/** What one check found: all is well, some calls are worse off, or calls cannot succeed. Everybody may see `why`. */
export type Finding =
  | { readonly is: 'up' }
  | { readonly is: 'degraded' | 'down'; readonly why: string; readonly error?: unknown };

export const up: Finding = { is: 'up' };

export interface Status {
  readonly is: Finding['is'];
  /** The reasons, by check, without the checks that are up. */
  readonly why: Readonly<Record<string, string>>;
}

export interface ReadinessOptions {
  readonly checks: Readonly<Record<string, () => Promise<Finding>>>;
  readonly intervalMs: number;
  /** An answer that takes longer counts as down. */
  readonly timeoutMs: number;
  /** The first status from outside; `tell` brings later ones. Undefined: there is none. */
  readonly told?: Status | undefined;
  /** `errors`: those that checks failed with. */
  onChange(status: Status, errors: readonly unknown[]): void;
}

export const starting: Status = { is: 'down', why: { service: 'starting' } };
const stopping: Status = { is: 'down', why: { service: 'stopping' } };

/**
 * Makes all checks at regular intervals, and reports each change. It is down at first; the first result is reported
 * before `start` resolves.
 */
export class Readiness {
  #status = starting;
  /** What the checks found last. */
  #found: Found | undefined;
  #told: Status | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  readonly #options: ReadinessOptions;

  constructor(options: ReadinessOptions) {
    this.#options = options;
    this.#told = options.told;
  }

  get status(): Status {
    return this.#status;
  }

  /** `announce` runs in the same turn of the event loop in which the first result is reported. */
  async start(announce: () => void = () => {}): Promise<void> {
    const found = await this.#check();
    announce();
    this.#take(found);
  }

  /** Sets the status from outside, which counts like the checks. */
  tell(status: Status): void {
    this.#told = status;
    if (this.#found !== undefined && !this.#stopped) this.#set(joined(this.#found, status));
  }

  /** Down from now on, whatever the checks find. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#set({ status: stopping, errors: [] });
  }

  #take(found: Found): void {
    if (this.#stopped) return;
    this.#found = found;
    this.#set(joined(found, this.#told));
    this.#timer = setTimeout(
      () => void this.#check().then((next) => this.#take(next)),
      this.#options.intervalMs,
    );
    this.#timer.unref();
  }

  async #check(): Promise<Found> {
    const { checks, timeoutMs } = this.#options;
    const findings = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const found = check().catch((error): Finding => ({ is: 'down', why: 'does not answer', error }));
        const finding = await inTime(
          timeoutMs,
          found,
          (): Finding => ({ is: 'down', why: 'does not answer' }),
        );
        return { name, finding };
      }),
    );
    const worst = (['down', 'degraded'] as const).find((is) =>
      findings.some(({ finding }) => finding.is === is),
    );
    const why: Record<string, string> = {};
    const errors: unknown[] = [];
    for (const { name, finding } of findings) {
      if (finding.is === 'up') continue;
      why[name] = finding.why;
      if (finding.error !== undefined) errors.push(finding.error);
    }
    return { status: { is: worst ?? 'up', why }, errors };
  }

  #set({ status, errors }: Found): void {
    const before = this.#status;
    this.#status = status;
    if (JSON.stringify(status) !== JSON.stringify(before)) this.#options.onChange(status, errors);
  }
}

function joined(found: Found, told: Status | undefined): Found {
  if (told === undefined) return found;
  const { is, why } = found.status;
  const worst = (['down', 'degraded'] as const).find((each) => is === each || told.is === each);
  return { ...found, status: { is: worst ?? 'up', why: { ...told.why, ...why } } };
}

interface Found {
  readonly status: Status;
  readonly errors: readonly unknown[];
}
