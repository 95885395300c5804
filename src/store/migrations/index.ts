import { InitialSchema1790000000000 } from './1790000000000-initial-schema.js';

/** In the order in which they run; history, never edited once released. */
export const migrations = [InitialSchema1790000000000];
