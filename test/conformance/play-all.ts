import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Credentials, startAppOn, type TestApp } from '../support/app.js';
import { Auditor } from '../support/auditor.js';
import { createTestDatabase } from '../support/database.js';
import { commandOf } from '../support/doors/commands.js';
import { restDoor } from '../support/doors/rest.js';
import { commandDoorNames, type Door, type DoorName, openDoor } from '../support/doors.js';
import { holdAgainstDocument } from '../support/openapi/checked-fetch.js';
import { play } from './play.js';
import type { Scenario } from './scenario.js';
import { areas } from './scenarios/index.js';

/** Declares the tests of every scenario through these doors. Several files share the doors, and so run in parallel. */
export function playAll(doorNames: readonly DoorName[]): void {
  let service: TestApp;
  let auditor: Auditor;
  let doors: ReadonlyMap<DoorName, Door>;
  let merchants: Credentials[];
  beforeAll(async () => {
    // The service's role has only the rights that it needs, so the scenarios fail if one is missing.
    const database = await createTestDatabase();
    service = await startAppOn(database, { DATABASE_URL: database.runtimeUrl });
    auditor = new Auditor(service.app.dataSource, database.runtimeUrl);
    const counts = doorNames.map((name) => areasOf(name).flatMap(([, scenarios]) => scenarios).length);
    merchants = await service.createMerchants(counts.reduce((sum, count) => sum + count));
    // Each call over REST is compared with docs/openapi.json, so that the two cannot differ.
    const open = (name: DoorName): Door =>
      name === 'REST' ? restDoor(service.httpUrl, holdAgainstDocument) : openDoor(name, service);
    doors = new Map(doorNames.map((name) => [name, open(name)]));
  });
  afterAll(async () => {
    for (const door of doors.values()) door.close();
    await auditor.close();
    await service.close();
    await service.database.drop();
  });

  describe.each(doorNames)('%s', (name) => {
    describe.each(areasOf(name))('%s', (_, scenarios) => {
      // Each scenario has merchants of its own, so they can run at the same time.
      test.concurrent.each(scenarios)('$name', (scenario) =>
        play({ service, auditor }, doors.get(name)!, scenario, merchants.pop()!),
      );
    });
  });
}

type Areas = [string, readonly Scenario[]][];

/** Through doors for commands: the scenarios in which some call can be a command. */
function areasOf(door: DoorName): Areas {
  if (!commandDoorNames.some((name) => name === door)) return Object.entries(areas);
  const hasCommand = ({ steps }: Scenario): boolean =>
    steps.some((step) => 'rpc' in step && commandOf(step.rpc) !== undefined);
  return Object.entries(areas)
    .map(([name, scenarios]): Areas[number] => [name, scenarios.filter(hasCommand)])
    .filter(([, scenarios]) => scenarios.length > 0);
}
