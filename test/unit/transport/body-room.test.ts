import { describe, expect, test } from 'vitest';
import { BodyRoom } from '../../../src/transport/body-room.js';

/** A room of 100 bytes, and which bodies were given up. */
function createRoom() {
  const room = new BodyRoom(100);
  const givenUp: string[] = [];
  const hold = (name: string, isLong = false) => room.hold(isLong, () => givenUp.push(name));
  return { room, hold, givenUp };
}

describe('of short bodies', () => {
  test('those that are not whole are given up, the oldest first', () => {
    const { hold, givenUp } = createRoom();
    hold('a').grow(40);
    hold('b').grow(40);
    expect(hold('c').grow(50)).toBe(true);
    expect(givenUp).toEqual(['a']);
  });

  test('those that are whole are not', () => {
    const { hold, givenUp } = createRoom();
    const whole = hold('a');
    whole.grow(60);
    whole.keep();
    expect(hold('b').grow(50)).toBe(false);
    whole.free();
    expect(hold('c').grow(50)).toBe(true);
    expect(givenUp).toEqual([]);
  });

  test('one that needs what only it could give up is refused', () => {
    const { hold, givenUp } = createRoom();
    const only = hold('a');
    expect([only.grow(90), only.grow(20)]).toEqual([true, false]);
    expect(givenUp).toEqual([]);
  });
});

test('long bodies are never given up, and leave a quarter to the short ones', () => {
  const { hold, givenUp } = createRoom();
  const long = hold('a', true);
  expect([long.grow(70), long.grow(10)]).toEqual([true, false]);
  expect(hold('b').grow(30)).toBe(true);
  expect(hold('c').grow(30)).toBe(true);
  expect(givenUp).toEqual(['b']);
});

test('a body that was given up takes nothing more', () => {
  const { hold } = createRoom();
  const first = hold('a');
  first.grow(80);
  hold('b').grow(80);
  expect(first.grow(1)).toBe(false);
  first.free();
  expect(hold('c', true).grow(75)).toBe(true);
});

test('streams always have room, and hear when others have none', () => {
  const { room, hold } = createRoom();
  const stream = room.holdStream();
  stream.add(75);
  expect(stream.isTight).toBe(true);
  expect(hold('a', true).grow(1)).toBe(false);
  stream.subtract(1);
  expect(stream.isTight).toBe(false);
});
