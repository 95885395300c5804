/** Time as the scheduler sees it. Tests use a clock of their own. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Calls back at the end of the current turn of the event loop. */
  endOfTurn(callback: () => void): void;
  /** Calls back after this time; returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** 0 <= x < 1. */
  random(): number;
}

export const systemClock: Clock = {
  nowMs: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  endOfTurn: (callback) => {
    setImmediate(callback);
  },
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
