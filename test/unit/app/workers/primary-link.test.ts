import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { type Status, starting } from '../../../../src/app/readiness.js';
import type { ToWorker } from '../../../../src/app/workers/messages.js';
import { type Follower, PrimaryLink } from '../../../../src/app/workers/primary-link.js';
import type { Certificates } from '../../../../src/config.js';

const certificates = (name: string): Certificates => ({
  cert: Buffer.from(name),
  key: Buffer.from('key'),
  clientCa: undefined,
});

/** A worker's link, and what the primary says on it. */
function setUp() {
  const channel = new EventEmitter();
  const link = new PrimaryLink(channel, new Socket());
  const told: unknown[] = [];
  const follower: Follower = {
    tell: (status) => told.push(status),
    setCertificates: (changed) => told.push(changed),
    figures: () => Promise.resolve([]),
  };
  const say = (message: ToWorker): boolean => channel.emit('message', message);
  return { link, follower, told, say };
}

test('what came while the doors were opened is passed on: the last status, the last certificates', () => {
  const { link, follower, told, say } = setUp();
  const status: Status = { is: 'up', why: {} };
  say({ kind: 'certificates', certificates: certificates('old') });
  say({ kind: 'status', status });
  say({ kind: 'certificates', certificates: certificates('new') });
  link.follow(follower);
  expect(told).toEqual([status, certificates('new')]);
  say({ kind: 'certificates', certificates: certificates('newer') });
  expect(told.at(-1)).toEqual(certificates('newer'));
});

test('without any, the worker keeps those of its configuration', () => {
  const { link, follower, told } = setUp();
  link.follow(follower);
  expect(told).toEqual([starting]);
});
