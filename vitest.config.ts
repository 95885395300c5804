import { defineConfig } from 'vitest/config';
import { compiledSource } from './test/support/compiled-source.js';

export default defineConfig({
  plugins: [compiledSource()],
  test: {
    include: ['test/**/*.test.ts', 'clients/*/test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/statements/read-all.ts'],
    reporters: ['default', ['json', { outputFile: 'build/test-results.json' }]],
    // Two cores: more workers than that only make each other late.
    maxWorkers: 2,
    // Files share their worker's modules: importing them again for each file takes half of the suite's processor time.
    // So a test file leaves nothing behind: what it fakes or sets (timers, environment), it puts back.
    isolate: false,
    // So many failures have one cause, a database that is stuck for one; each would wait for its limit.
    bail: 50,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
