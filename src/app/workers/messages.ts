import type { Certificates, Config } from '../../config.js';
import type { Fault } from '../../domain/failure.js';
import type { Execution, Submission } from '../../engine/submission.js';
import type { Figures } from '../../telemetry/metrics/joint-figures.js';
import type { Scrape } from '../../transport/http/metrics-port.js';
import type { Addresses } from '../ports.js';
import type { Status } from '../readiness.js';

export type Scraped = Awaited<ReturnType<Scrape>>;

/** What the primary tells a worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly config: Config }
  /** The status of what only the primary sees. Comes at every change and every second, and must be answered. */
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'certificates'; readonly certificates: Certificates }
  | { readonly kind: 'report'; readonly id: number }
  | { readonly kind: 'scraped'; readonly id: number; readonly scraped: Scraped | { readonly fault: string } }
  | { readonly kind: 'stop'; readonly drainDelayMs: number };

/** What a worker tells the primary. */
export type ToPrimary =
  /** It can receive messages. Node loses those that are sent before. */
  | { readonly kind: 'hears' }
  | { readonly kind: 'listening'; readonly reached: Addresses }
  /** It could not start. The text is for the operator. */
  | { readonly kind: 'failed'; readonly why: string }
  /** It has taken over a status. */
  | { readonly kind: 'answers' }
  | { readonly kind: 'figures'; readonly id: number; readonly figures: Figures }
  | { readonly kind: 'scrape'; readonly id: number };

/** What is on its way to the engine. The number tells which answer is its own. */
export type Sent =
  | readonly [id: number, submission: Submission, deadlineAtMs: number]
  /** Would a batch of this merchant's wait too long? */
  | readonly [id: number, merchantId: string];

/** What became of the command with this number, or whether the batch would wait too long. */
export type Answered = readonly [id: number, answer: Execution | Fault | boolean];
