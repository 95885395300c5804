import type { Message } from '@bufbuild/protobuf';

/** A message's fields by their local names. */
export type Fields = Message & Readonly<Record<string, unknown>>;

/** For code that is compiled from a descriptor, and so only uses names of fields. */
export function fieldsOf(message: Message): Fields {
  return message as Fields;
}
