import { test as base, opened } from './fixtures.js';
import { openWatchServices } from './watch-services.js';
import { openWatchStage } from './watch-stage.js';

/** Watches, and services with streams, that end with the test; what they stand on is opened once a file. */
export const test = base
  .extend(
    'watchStage',
    { scope: 'file' },
    opened(openWatchStage, (stage) => stage.close()),
  )
  .extend('watches', ({ watchStage }, { onCleanup }) => {
    onCleanup(() => watchStage.endWatches());
    return watchStage;
  })
  .extend(
    'watchServices',
    { scope: 'file' },
    opened(openWatchServices, (services) => services.close()),
  )
  .extend('services', ({ watchServices }, { onCleanup }) => {
    onCleanup(() => watchServices.tidy());
    return watchServices;
  });
