/** Time as the scheduler sees it; tests bring their own. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Calls back once the current turn of the event loop has delivered what it has. */
  endOfTurn(callback: () => void): void;
  /** Calls back after that long; returns how to call it off. */
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
