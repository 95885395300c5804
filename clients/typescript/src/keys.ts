import { clone, create, type DescMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { Code, ConnectError } from '@connectrpc/connect';
import { HoldfastError } from './error.js';

const KEY_FIELD = 'idempotency_key';
const KEY_CHARACTERS_MAX = 255;

/** A copy of the request, so that the caller can send the same object twice as two changes. */
export function requestOf<D extends DescMessage>(input: D, init: MessageInitShape<D>) {
  return clone(input, create(input, init));
}

/**
 * Gives a key to a change that has none, and to each such change of a batch. `key`: the caller's own. Returns the key
 * with which the same request is the same change again; undefined for a read.
 */
export function giveKeys(input: DescMessage, message: Message, key?: string): string | undefined {
  const request = reflect(input, message);
  if (keyFieldOf(input) !== undefined) return giveKey(request, () => key ?? crypto.randomUUID());
  const changes = changesIn(request);
  if (changes === undefined) return undefined;
  const ofBatch = key ?? crypto.randomUUID();
  for (const [i, change] of changes.entries()) giveKey(change, () => keyOfItem(ofBatch, i));
  return ofBatch;
}

/** Only what changes something has a field for a key. */
function keyFieldOf(message: DescMessage) {
  return message.fields.find(({ name }) => name === KEY_FIELD);
}

/** Returns the key that the change has in the end. */
function giveKey(change: ReflectMessage, made: () => string): string {
  const field = keyFieldOf(change.desc)!;
  if (!change.isSet(field)) change.set(field, innerKey(change) ?? made());
  return change.get(field) as string;
}

/** The key in a part of the change, such as the command in its envelope: two keys would contradict each other. */
function innerKey(change: ReflectMessage): string | undefined {
  for (const field of change.fields) {
    if (field.fieldKind !== 'message' || !change.isSet(field)) continue;
    const keyField = keyFieldOf(field.message);
    const part = change.get(field);
    if (keyField !== undefined && part.isSet(keyField)) return part.get(keyField) as string;
  }
  return undefined;
}

/** The changes of a batch in which each has its own key. A batch with a key of its own is one change. */
function changesIn(request: ReflectMessage): ReflectMessage[] | undefined {
  for (const field of request.fields) {
    if (field.fieldKind !== 'list' || field.listKind !== 'message') continue;
    if (keyFieldOf(field.message) !== undefined) return [...request.get(field)] as ReflectMessage[];
  }
  return undefined;
}

/** The same for the same place in the same batch, so that a batch sent again is the same changes. */
function keyOfItem(ofBatch: string, i: number): string {
  const key = `${ofBatch}.${i}`;
  // The service would not notice that the batch's key is empty, and would not say which key is too long.
  if (ofBatch !== '' && key.length <= KEY_CHARACTERS_MAX) return key;
  const max = KEY_CHARACTERS_MAX - `.${i}`.length;
  const message = `idempotencyKey must have 1 to ${max} characters: ".${i}" is added to it for commands[${i}]`;
  throw new HoldfastError(new ConnectError(message, Code.InvalidArgument), ofBatch);
}
