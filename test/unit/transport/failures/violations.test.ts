import { type DescField, type DescMessage, getOption } from '@bufbuild/protobuf';
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { describe, expect, test } from 'vitest';
import { InventoryService } from '../../../../src/gen/inventory/v1/inventory_service_pb.js';
import { patternWords } from '../../../../src/transport/failures/violations.js';

/** Every pattern that a request's field, item, key or value has to match. */
function patternsOf(message: DescMessage, seen = new Set<DescMessage>()): string[] {
  if (seen.has(message)) return [];
  seen.add(message);
  return message.fields
    .flatMap((field) => [
      ...JSON.stringify(rulesOf(field)).matchAll(/"pattern":("(?:\\.|[^"\\])*")/g),
      ...(field.message === undefined
        ? []
        : patternsOf(field.message, seen).map((p) => ['', JSON.stringify(p)])),
    ])
    .map(([, pattern]) => JSON.parse(pattern!) as string);
}

/** Without what JSON cannot say. */
function rulesOf(field: DescField): unknown {
  const rules = getOption(field, fieldRules);
  return JSON.parse(JSON.stringify(rules, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
}

describe('what patterns ask for is told in words', () => {
  const requests = InventoryService.methods.map(({ input }) => input);
  const patterns = [...new Set(requests.flatMap((input) => patternsOf(input)))];

  test('there are patterns to look at', () => {
    expect(patterns).toContain('^[A-Za-z0-9._-]{1,64}$');
  });
  test.each(patterns)('%s', (pattern) => {
    expect(patternWords[pattern]).toMatch(/^must /);
  });
  test('no words are left over', () => {
    expect(Object.keys(patternWords).sort()).toEqual([...patterns].sort());
  });
});
