import { fileURLToPath } from 'node:url';

/** What runs leave behind, reports and profiles. Ignored by git. */
export const RESULTS_FOLDER = fileURLToPath(new URL('results', import.meta.url));
