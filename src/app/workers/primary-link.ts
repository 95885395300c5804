import { Socket } from 'node:net';
import type { Certificates, Config } from '../../config.js';
import type { Figures } from '../../telemetry/metrics/joint-figures.js';
import { type Status, starting } from '../readiness.js';
import type { Scraped, ToPrimary, ToWorker } from './messages.js';
import { RemoteEngine } from './remote-engine.js';
import { ENGINE_LINE_FD } from './worker-process.js';

/** What a worker does when the primary says so. */
export interface Follower {
  tell(status: Status): void;
  setCertificates(certificates: Certificates): void;
  figures(): Promise<Figures>;
}

/** Carries messages from and to the primary. */
export interface Channel {
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  /** Undefined: there is no primary any more. */
  send?(message: ToPrimary, handle: undefined, options: undefined, onSent: () => void): unknown;
}

/** The primary, as a worker sees it. */
export class PrimaryLink {
  readonly engine: RemoteEngine;
  readonly #channel: Channel;
  /** The first thing that the primary sends. */
  readonly config: Promise<Config>;
  /** Resolves with the drain delay when the worker is to stop. */
  readonly stopped: Promise<number>;
  #status: Status = starting;
  /** Those that came after the configuration, if any did. */
  #certificates: Certificates | undefined;
  #follower: Follower | undefined;
  readonly #scrapes = new Map<number, (scraped: Scraped | { readonly fault: string }) => void>();
  #lastId = 0;

  constructor(channel: Channel = process, engineLine: Socket = new Socket({ fd: ENGINE_LINE_FD })) {
    this.#channel = channel;
    this.engine = new RemoteEngine(engineLine);
    let start = (_: Config): void => {};
    let stop = (_: number): void => {};
    this.config = new Promise((resolve) => {
      start = resolve;
    });
    this.stopped = new Promise((resolve) => {
      stop = resolve;
    });
    channel.on('message', (message: ToWorker) => {
      if (message.kind === 'start') start(message.config);
      else if (message.kind === 'stop') stop(message.drainDelayMs);
      else this.#heard(message);
    });
    void this.say({ kind: 'hears' });
  }

  /** The follower also gets the status and the certificates that came before: its doors took a while to open. */
  follow(follower: Follower): void {
    this.#follower = follower;
    follower.tell(this.#status);
    if (this.#certificates !== undefined) follower.setCertificates(this.#certificates);
  }

  /** Resolves when the message is sent. */
  say(message: ToPrimary): Promise<void> {
    return new Promise((resolve) => {
      // Without a primary, this process ends by itself.
      this.#channel.send?.(message, undefined, undefined, () => resolve());
    });
  }

  /** The figures of all processes. */
  async scrape(): Promise<Scraped> {
    const scraped = await new Promise<Scraped | { readonly fault: string }>((resolve) => {
      const id = ++this.#lastId;
      this.#scrapes.set(id, resolve);
      void this.say({ kind: 'scrape', id });
    });
    if ('fault' in scraped) throw new Error(scraped.fault);
    return scraped;
  }

  #heard(message: Exclude<ToWorker, { kind: 'start' | 'stop' }>): void {
    switch (message.kind) {
      case 'status':
        this.#status = message.status;
        this.#follower?.tell(message.status);
        void this.say({ kind: 'answers' });
        break;
      case 'certificates':
        this.#certificates = message.certificates;
        this.#follower?.setCertificates(message.certificates);
        break;
      case 'report':
        void this.#report(message.id);
        break;
      case 'scraped':
        this.#scrapes.get(message.id)?.(message.scraped);
        this.#scrapes.delete(message.id);
    }
  }

  async #report(id: number): Promise<void> {
    const figures = await this.#follower?.figures();
    if (figures !== undefined) await this.say({ kind: 'figures', id, figures });
  }
}
