import type { DataSource } from 'typeorm';
import { applyCommands } from '../../src/engine/apply-commands.js';
import { MovedMerchants } from '../../src/engine/moved-merchants.js';
import { Blocked } from '../../src/engine/scheduler/entry.js';
import type { Execution, Submission } from '../../src/engine/submission.js';

/** Runs a batch whose records nobody else has. */
export async function applyAll(
  dataSource: DataSource,
  submissions: readonly Submission[],
  linesMax: number,
): Promise<Execution[]> {
  const rules = { linesMax, onChange: () => {}, moved: new MovedMerchants() };
  const results = await applyCommands(dataSource, submissions, rules, () => undefined);
  return results.map((result) => {
    if (result instanceof Blocked) throw new Error(`somebody else has ${result.name}`);
    return result;
  });
}
