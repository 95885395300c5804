import { afterAll, beforeAll, describe, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { restDoor } from '../support/doors/rest.js';
import { closeDoors, type DoorName, type Doors, openDoors } from '../support/doors.js';
import { holdAgainstDocument } from '../support/openapi/checked-fetch.js';
import { play } from './play.js';
import { areas } from './scenarios/index.js';

/** Declares the tests of every scenario through these doors. Two files share the doors, so that two workers can. */
export function playAll(doorNames: readonly DoorName[]): void {
  let service: TestApp;
  let doors: Doors;
  beforeAll(async () => {
    service = await startApp();
    // REST is held against docs/openapi.json, call by call: neither can say what the other does not.
    doors = { ...openDoors(service), REST: restDoor(service.httpUrl, holdAgainstDocument) };
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
