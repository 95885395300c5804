import { fileURLToPath } from 'node:url';

/** Reports and profiles of runs. Git ignores it. */
export const RESULTS_FOLDER = fileURLToPath(new URL('results', import.meta.url));
