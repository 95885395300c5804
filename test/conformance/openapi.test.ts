import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { readHttpRules } from '../../src/transcoding/rules/http-rules.js';
import { batchExecuteOperation } from '../../src/transport/dispatch/batch-execute.js';
import { inventoryOperations } from '../../src/transport/operations/index.js';
import { watchOperations } from '../../src/transport/operations/watch.js';
import { escaped, type Json, type JsonObject, OpenApiDocument } from '../support/openapi/document.js';
import { reasons } from './contract.js';

/** Compares the committed document with what it describes: protos, the contract's table of errors, the samples. */
const document = OpenApiDocument.read();
const { root } = document;

interface Operation {
  readonly id: string;
  readonly pointer: string;
  readonly value: JsonObject;
}

const operations: Operation[] = Object.entries(root.paths as JsonObject).flatMap(([path, item]) =>
  Object.entries(item as JsonObject).map(([method, value]) => {
    const operation = value as JsonObject;
    return {
      id: operation.operationId as string,
      pointer: `/paths/${escaped(path)}/${method}`,
      value: operation,
    };
  }),
);
const statusesOf = ({ value }: Operation): string[] => Object.keys(value.responses as JsonObject);

test('JSON and YAML are one document', () => {
  const yaml = readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8');
  expect(parse(yaml)).toEqual(root);
});

test('each binding of an RPC is an operation, and nothing else is', () => {
  const { bindings } = readHttpRules([InventoryService]);
  const expected = bindings.map(({ httpMethod, template, method }) => {
    const path = template.source.replaceAll(
      /\{([^}=]+)[^}]*\}/g,
      (_, name: string) => `{${camelCase(name)}}`,
    );
    return `${httpMethod} ${path} ${method.localName}`;
  });
  const found = operations.map(({ id, pointer }) => {
    const [, , path, method] = pointer.split('/') as [string, string, string, string];
    return `${method.toUpperCase()} ${path.replaceAll('~1', '/')} ${id}`;
  });
  expect(found.sort()).toEqual(expected.sort());
});

test('permissions and idempotency keys are those of the dispatcher', () => {
  const found = operations.map(({ id, pointer, value }) => {
    const [security] = value.security as [{ bearer: string[]; merchantApiKey: string[] }];
    const names = (value.parameters as Json[]).map(
      (_, i) => document.at(`${pointer}/parameters/${i}`)!.value.name,
    );
    // Tools that support one scheme per call take the first. To them, the API key is just a header.
    expect([Object.keys(security)[0], names.includes('X-MerchantApiKey')]).toEqual(['bearer', true]);
    return { id, ...security, changes: names.includes('Idempotency-Key') };
  });
  // The test only reads their descriptions, and calls none.
  const batch = batchExecuteOperation({} as never, {} as never, {});
  const served = [
    ...inventoryOperations({} as never),
    ...watchOperations({} as never),
    // It takes a key for each command, but none for the whole batch.
    { ...batch, changes: false },
  ];
  const expected = served.map((operation) => ({
    id: operation.method.localName,
    bearer: [operation.permission],
    merchantApiKey: [],
    changes: 'changes' in operation && operation.changes,
  }));
  expect(found).toHaveLength(expected.length);
  expect(found).toEqual(expect.arrayContaining(expected));
});

describe('errors', () => {
  const entries = Object.entries(reasons);

  test('the codes are the contract’s reasons, except the one whose body has none', () => {
    const { code } = document.at('/components/schemas/Error/properties')!.value as {
      code: { enum: string[] };
    };
    const expected = entries.map(([name]) => name).filter((name) => name !== 'UNAUTHENTICATED');
    expect([...code.enum].sort()).toEqual(expected.sort());
  });

  /** Reasons that only operators see. Their calls are described in another document. */
  const ofOperators = ['MERCHANT_NOT_FOUND', 'MERCHANT_ALREADY_EXISTS', 'API_KEY_NOT_FOUND'];

  test.each(entries.filter(([name]) => !ofOperators.includes(name)))(
    '%s: has an example, answered under its status by some call',
    (name, { httpStatus, retryable }) => {
      if (name === 'SLOW_READER') {
        // This reason is never the answer to a call. It ends streams that have begun.
        const watch = operations.find(({ id }) => id === 'watchInventory')!;
        const { content } = document.at(`${watch.pointer}/responses/200`)!.value;
        for (const { examples } of Object.values(content as Record<string, JsonObject>)) {
          expect(examples).toHaveProperty(name);
        }
        return;
      }
      const users = operations.filter(
        (operation) => examplesAt(operation, String(httpStatus))[name] !== undefined,
      );
      expect(users.length).toBeGreaterThan(0);
      const elsewhere = operations.flatMap((operation) =>
        statusesOf(operation).filter(
          (status) => status !== String(httpStatus) && examplesAt(operation, status)[name],
        ),
      );
      // Requests that cannot be read have several statuses.
      if (name !== 'MALFORMED_REQUEST') expect(elsewhere).toEqual([]);
      const [user] = users as [Operation];
      const headers = document.at(`${user.pointer}/responses/${httpStatus}`)!.value.headers as JsonObject;
      const { 'Retry-After': header } = headers as { 'Retry-After'?: JsonObject };
      if (retryable) expect(header).toBeDefined();
      // The header may be there because of another reason with the same status.
      else expect(header === undefined || header.required === false).toBe(true);
    },
  );

  test('UNAUTHENTICATED is answered in the contract’s words', () => {
    const body = {
      error: 'unauthenticated',
      message: 'Full authentication is required to access this resource',
      status: false,
      statusCode: 401,
    };
    const pointer = '/components/schemas/Unauthenticated';
    expect(document.faults(pointer, body, '')).toEqual([]);
    for (const name of Object.keys(body)) {
      expect(document.faults(pointer, { ...body, [name]: 'other' }, '')).not.toEqual([]);
    }
    expect(document.faults(pointer, { ...body, code: 'UNAUTHENTICATED' }, '')).not.toEqual([]);
  });
});

describe('examples', () => {
  const published = '/requestBody/content/application~1json/examples/published/value';
  const answer = '/responses/200/content/application~1json/examples/published/value';
  const sample = { qty: 2, reference: 'ORD-20241201-0099' };
  test.each<[string, Json, Json]>([
    ['reserve', { ...sample, notes: 'Reserved for customer checkout' }, { reservedQty: 7, availableQty: 43 }],
    [
      'release',
      { ...sample, notes: 'Order cancelled — releasing hold' },
      { reservedQty: 5, availableQty: 45 },
    ],
  ])('%s: the published samples', (id, request, figures) => {
    const { pointer } = operations.find((operation) => operation.id === id)!;
    expect(document.at(pointer + published)!.value).toEqual(request);
    const data = { id: 'inv_xyz789', onHandQty: 50, ...(figures as object) };
    expect(document.at(pointer + answer)!.value).toEqual({ status: true, data });
  });

  test('each is valid by the schema next to it', () => {
    const faults: string[] = [];
    let checked = 0;
    const check = (pointer: string, value: Json): void => {
      checked++;
      faults.push(...document.faults(pointer, value, `${pointer}: ${JSON.stringify(value)}`));
    };
    walk(root, '', (node, pointer) => {
      if (node.in !== undefined && node.example !== undefined) check(`${pointer}/schema`, node.example);
      if (Array.isArray(node.examples)) {
        for (const value of node.examples) check(pointer, value);
      } else if (node.examples !== undefined && node.schema !== undefined) {
        for (const name of Object.keys(node.examples as JsonObject)) {
          check(`${pointer}/schema`, document.at(`${pointer}/examples/${name}`)!.value.value as Json);
        }
      }
    });
    expect(faults).toEqual([]);
    expect(checked).toBeGreaterThan(100);
  });
});

test('schemas of answers forbid other fields, and schemas of requests do not', () => {
  const open: string[] = [];
  for (const { id, pointer, value } of operations) {
    const answered = document.at(`${pointer}/responses/200/content/application~1json/schema`);
    if (answered !== undefined && answered.value.additionalProperties !== false) open.push(id);
    const body = document.at(`${pointer}/requestBody/content/application~1json/schema`)?.value;
    expect(body?.additionalProperties, `${id}: ${JSON.stringify(value.requestBody)}`).toBeUndefined();
  }
  expect(open).toEqual([]);
});

function examplesAt({ pointer }: Operation, status: string): JsonObject {
  const content = `${document.at(`${pointer}/responses/${status}`)?.pointer}/content/application~1json`;
  return document.at(`${content}/examples`)?.value ?? {};
}

function walk(node: Json, pointer: string, visit: (node: JsonObject, pointer: string) => void): void {
  if (node === null || typeof node !== 'object') return;
  if (!Array.isArray(node)) visit(node, pointer);
  for (const [key, value] of Object.entries(node)) walk(value, `${pointer}/${escaped(key)}`, visit);
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
