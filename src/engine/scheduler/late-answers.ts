import type { Clock } from './clock.js';
import type { Answer, Entry } from './entry.js';

/**
 * Answers that are given at the end of this turn of the event loop, in the order in which they came.
 *
 * Purpose: to encode and send the answers of a large batch takes about as long as the database takes for a small one. So
 * while calls wait, the next batch is sent to the database first.
 */
export class LateAnswers<C, R> {
  readonly #clock: Pick<Clock, 'endOfTurn'>;
  readonly #onAnswered: () => void;
  #answers: (readonly [Entry<C, R>, Answer<R>])[] = [];
  #weight = 0;

  /** `onAnswered`: called whenever all of them have been given. */
  constructor(clock: Pick<Clock, 'endOfTurn'>, onAnswered: () => void) {
    this.#clock = clock;
    this.#onAnswered = onAnswered;
  }

  get size(): number {
    return this.#answers.length;
  }

  /** The weight of their calls. */
  get weight(): number {
    return this.#weight;
  }

  add(entry: Entry<C, R>, answer: Answer<R>): void {
    this.#weight += entry.weight;
    if (this.#answers.push([entry, answer]) === 1) this.#clock.endOfTurn(() => this.#give());
  }

  #give(): void {
    const answers = this.#answers;
    this.#answers = [];
    this.#weight = 0;
    for (const [entry, answer] of answers) entry.answer(answer);
    this.#onAnswered();
  }
}
