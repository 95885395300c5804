import { afterAll, beforeAll, describe, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { closeDoors, type DoorName, type Doors, openDoors } from '../support/doors.js';
import { play } from './play.js';
import { areas } from './scenarios/index.js';

/** Declares the tests of every scenario through these doors. Two files share the doors, so that two workers can. */
export function playAll(doorNames: readonly DoorName[]): void {
  let service: TestApp;
  let doors: Doors;
  beforeAll(async () => {
    service = await startApp();
    doors = openDoors(service);
  });
  afterAll(async () => {
    closeDoors(doors);
    await service.close();
  });

  describe.each(doorNames)('%s', (name) => {
    describe.each(Object.entries(areas))('%s', (_, scenarios) => {
      // Each has merchants of its own, so they need not wait for each other.
      test.concurrent.each(scenarios)('$name', (scenario) => play(service, doors[name], scenario));
    });
  });
}
