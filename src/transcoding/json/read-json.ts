import type { DescMessage, DescService, Message } from '@bufbuild/protobuf';
import { hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt';
import { malformedAt } from '../faults.js';
import type { ListRules } from '../options.js';
import { JsonCodec } from './json-codec.js';
import { isJsonObject } from './json-object.js';
import { parseJson } from './json-text.js';

/**
 * Reads messages of some services from JSON the way the transcoder reads a body that is the whole request, for hosts
 * with other JSON doors.
 *
 * @throws MalformedRequest that names the field.
 */
export function jsonReader(
  services: readonly DescService[],
  lists: ListRules = {},
): (desc: DescMessage, bytes: Uint8Array) => Message {
  const codec = new JsonCodec(services, lists);
  return (desc, bytes) => {
    const json = parseJson(bytes);
    if (!hasCustomJsonRepresentation(desc) && !isJsonObject(json))
      throw malformedAt('', 'must be a JSON object');
    return codec.decode(desc, json);
  };
}
