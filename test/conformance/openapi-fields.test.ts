import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { readHttpRules } from '../../src/transcoding/rules/http-rules.js';
import { operationsOf } from '../property/openapi/draw-request.js';
import { type JsonObject, OpenApiDocument } from '../support/openapi/document.js';

/** Compares the committed document with the descriptors, field by field: it leaves nothing out, and adds nothing. */
const document = OpenApiDocument.read();
const operations = operationsOf(document);
const { bindings } = readHttpRules([InventoryService]);

/** Fields that an answer may leave out. All others are always there. */
const absent = [
  'ListLogsResponse.total_is_estimate',
  'ListLogsResponse.pruned_before',
  'StockLevel.expires_at',
  'StockLevel.line',
  'ReservedLine.source',
  'ReservedOrder.expires_at',
  'MovedOrder.expires_at',
  'Hold.expires_at',
  'OrderRecord.expires_at',
  'HeldOrder.next_expiry_at',
  'AdjustedStock.shortfall',
];

const names = (fields: readonly DescField[]): string[] => fields.map(({ jsonName }) => jsonName).sort();

describe.each(bindings.map((binding) => [binding.method.localName, binding] as const))(
  '%s',
  (id, binding) => {
    const { method, variables, body } = binding;
    const { value, pointer } = operations.find((operation) => operation.id === id)!;
    const parameters = (value.parameters as unknown[]).map(
      (_, i) => document.at(`${pointer}/parameters/${i}`)!.value as { name: string; in: string },
    );
    const inPlace = (place: string): string[] =>
      parameters
        .filter((parameter) => parameter.in === place)
        .map(({ name }) => name)
        .sort();
    const pathFields = variables.map(({ fields }) => fields[0]!);
    const others = method.input.fields.filter((field) => !pathFields.includes(field));

    test('the path has its variables, the query has what is in neither path nor body', () => {
      expect(inPlace('path')).toEqual(names(pathFields));
      // An idempotency key is no part of an address.
      const inQuery = others.filter((field) => field !== body && field.name !== 'idempotency_key');
      expect(inPlace('query')).toEqual(names(body === '*' ? [] : inQuery));
    });

    test('the body has all of its fields', () => {
      const schema = document.at(`${pointer}/requestBody/content/application~1json/schema`);
      if (body === undefined) {
        expect(schema).toBeUndefined();
        return;
      }
      const fields = body === '*' ? others : body.message!.fields;
      expect(Object.keys(schema!.value.properties as JsonObject).sort()).toEqual(names(fields));
    });
  },
);

/** Messages that answers hold, with what they hold. */
function answeredMessages(): DescMessage[] {
  const found = new Set<DescMessage>();
  const visit = (message: DescMessage): void => {
    if (found.has(message) || message.typeName.startsWith('google.')) return;
    found.add(message);
    for (const field of message.fields) if (field.message !== undefined) visit(field.message);
  };
  for (const { method, responseBody } of bindings) {
    // Its results are the answers of other calls, each in its form on REST.
    if (method.name === 'BatchExecute') continue;
    visit(responseBody?.message ?? method.output);
  }
  return [...found];
}

const pointerOf = ({ typeName }: DescMessage | DescEnum): string =>
  `/components/schemas/${typeName.replace('inventory.v1.', '').replaceAll('.', '')}`;

describe.each(answeredMessages().map((message) => [message.name, message] as const))('%s', (_, message) => {
  const { value } = document.at(pointerOf(message))!;
  const properties = value.properties as Record<string, JsonObject>;

  test('has all fields and no others, and requires all but those that may be absent', () => {
    expect(Object.keys(properties).sort()).toEqual(names(message.fields));
    const always = message.fields.filter(({ name }) => !absent.includes(`${message.name}.${name}`));
    expect([...(value.required as string[])].sort()).toEqual(names(always));
    expect(value.additionalProperties).toBe(false);
  });

  test.each(message.fields.map((field) => [field.jsonName, field] as const))('%s', (name, field) => {
    const property = properties[name]!;
    // A scalar that is not set is null.
    const isNullable = field.fieldKind === 'scalar' && field.proto.proto3Optional;
    expect([property.type].flat().includes('null')).toBe(isNullable);
    if (isNullable) expect(property.description).toMatch(/\bnull\b/);
    // Quantities and counts have bounds. A change may be negative.
    if (property.type === 'integer' && name !== 'qtyChange') {
      expect(property.minimum).toBeGreaterThanOrEqual(0);
      expect(property.maximum).toBeLessThanOrEqual(2147483647);
    }
    if (field.enum !== undefined) {
      const { enum: values } = document.at(pointerOf(field.enum))!.value;
      const all = field.enum.values.filter(({ number }) => number !== 0);
      expect(values).toEqual(all.map((enumValue) => enumValue.name));
    }
  });
});

test('no text mentions other doors, or spells a field in another way than JSON does', () => {
  const texts: string[] = [];
  JSON.stringify(document.root, (key, value) => {
    if (['description', 'summary'].includes(key) && typeof value === 'string') texts.push(value);
    return value;
  });
  expect(texts.length).toBeGreaterThan(200);
  const permissions =
    /\bcan_[a-z]+_(?:inventory|stock)\b|\b(?:sub|iss|aud)\b|\bsnake_case\b|\b(?:inv|mer|pk)_\w+/g;
  const foreign = /\bREST\b|\bgRPC\b|\bmetadata\b|\bBadRequest\b|\bErrorInfo\b|\b[a-z]+_[a-z_]+\b/i;
  const strange = texts.filter((text) =>
    foreign.test(text.replaceAll(permissions, '').replaceAll(/[A-Z]+_[A-Z_]+/g, '')),
  );
  expect(strange).toEqual([]);
});
