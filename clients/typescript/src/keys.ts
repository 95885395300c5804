import { clone, create, type DescMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';

const KEY_FIELD = 'idempotency_key';

/** Whether the call changes something: only such requests have a field for a key. */
export function isChange(input: DescMessage): boolean {
  return input.fields.some(({ name }) => name === KEY_FIELD);
}

/** A copy of the request, so that the caller can send the same object twice as two changes. */
export function requestOf<D extends DescMessage>(input: D, init: MessageInitShape<D>) {
  return clone(input, create(input, init));
}

/** Gives a key to a change that has none, and to each such change in its lists. Returns the request's own key. */
export function giveKeys(input: DescMessage, message: Message, key?: string): string | undefined {
  const request = reflect(input, message);
  let own: string | undefined;
  for (const field of input.fields) {
    if (field.name === KEY_FIELD) {
      if (!request.isSet(field)) request.set(field, key ?? crypto.randomUUID());
      own = request.get(field) as string;
    }
    if (field.fieldKind === 'list' && field.listKind === 'message' && isChange(field.message)) {
      for (const item of request.get(field)) {
        giveKeys(field.message, (item as { message: Message }).message);
      }
    }
  }
  return own;
}
