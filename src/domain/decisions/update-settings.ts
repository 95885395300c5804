import type { UpdateSettingsCommand } from '../command.js';
import type { SettingsSuccess } from '../outcome.js';
import type { Decision, RecordView, World } from './decision.js';

/** Changes the merchant's settings. */
export function decideUpdateSettings<R extends RecordView>(
  command: UpdateSettingsCommand,
  world: World<R>,
): Decision<R, SettingsSuccess> {
  const settings = {
    defaultTtlSeconds: command.defaultTtlSeconds ?? world.settings.defaultTtlSeconds,
  };
  return { accepted: true, changes: { records: [], settings }, success: { settings } };
}
