import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect } from 'vitest';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { startApp } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { rawClient, rawUnary } from '../support/grpc-raw.js';

const test = base
  .extend(
    'ask',
    ({ service }) =>
      async (version: string, request: Uint8Array): Promise<Map<number, Uint8Array[]>> => {
        const client = rawClient(service.grpcAddress);
        const bytes = (buffer: Buffer): Buffer => buffer;
        const call = client.makeBidiStreamRequest(
          `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
          bytes,
          bytes,
        );
        const answer = await new Promise<Buffer>((resolve, reject) => {
          call.on('data', resolve);
          call.on('error', reject);
          call.write(Buffer.from(request));
          call.end();
        });
        client.close();
        return fields(answer);
      },
  )
  .extend('filesOf', ({ ask }) => async (version: string, request: Uint8Array): Promise<string[]> => {
    const [response] = (await ask(version, request)).get(4) ?? [];
    const files = fields(response ?? new Uint8Array()).get(1) ?? [];
    return files.map((file) => fromBinary(FileDescriptorProtoSchema, file).name);
  });

const SYMBOL = 4;
const FILENAME = 3;
const EXTENSION = 5;
const EXTENSION_NUMBERS = 6;
const LIST = 7;

/** ServerReflectionRequest with one of its strings set; v1 and v1alpha have the same fields. */
function question(field: number, text: string): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).string(text).finish();
}

/** ExtensionRequest {containing_type, extension_number} */
function extension(type: string, number: number): Uint8Array {
  const asked = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(type)
    .tag(2, WireType.Varint)
    .int32(number);
  return new BinaryWriter().tag(EXTENSION, WireType.LengthDelimited).bytes(asked.finish()).finish();
}

/** The length-delimited fields of a message, by number. */
function fields(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const reader = new BinaryReader(bytes);
  const found = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) found.set(number, [...(found.get(number) ?? []), reader.bytes()]);
    else reader.skip(type, number);
  }
  return found;
}

describe.each(['v1', 'v1alpha'])('%s', (version) => {
  test('lists the services', async ({ ask }) => {
    const [list] = (await ask(version, question(LIST, ''))).get(6) ?? [];
    const services = (fields(list!).get(1) ?? []).map((s) => Buffer.from(fields(s).get(1)![0]!).toString());
    expect(services).toContain('inventory.v1.InventoryService');
  });

  test.for([
    [SYMBOL, 'inventory.v1.InventoryService', 'inventory/v1/inventory_service.proto'],
    [SYMBOL, 'inventory.v1.InventoryService.Reserve', 'inventory/v1/inventory_service.proto'],
    [SYMBOL, 'inventory.v1.ReserveRequest', 'inventory/v1/reservations.proto'],
    [SYMBOL, 'inventory.v1.StockLevel', 'inventory/v1/stock_level.proto'],
    [SYMBOL, 'inventory.v1.ErrorReason', 'inventory/v1/error_reason.proto'],
    [SYMBOL, 'google.rpc.ErrorInfo', 'google/rpc/error_details.proto'],
    [SYMBOL, 'google.rpc.BadRequest', 'google/rpc/error_details.proto'],
    [FILENAME, 'google/api/annotations.proto', 'google/api/annotations.proto'],
    [FILENAME, 'buf/validate/validate.proto', 'buf/validate/validate.proto'],
  ] as const)('question %d, %s: the file %s', async ([field, text, file], { filesOf }) => {
    expect(await filesOf(version, question(field, text))).toContain(file);
  });

  test.for([
    ['google.protobuf.MethodOptions', 72_295_728, 'google/api/annotations.proto'],
    ['google.protobuf.FieldOptions', 1159, 'buf/validate/validate.proto'],
    ['google.protobuf.MessageOptions', 1159, 'buf/validate/validate.proto'],
    ['google.protobuf.OneofOptions', 1159, 'buf/validate/validate.proto'],
  ] as const)('extension of %s, %d: the file %s', async ([type, number, file], { filesOf }) => {
    expect((await filesOf(version, extension(type, number)))[0]).toBe(file);
  });

  test.for([
    ['google.protobuf.MethodOptions', [72_295_728]],
    ['google.protobuf.FieldOptions', [1159, 1160]],
    ['inventory.v1.StockLevel', []],
  ] as const)('extensions of %s: %j', async ([type, numbers], { ask }) => {
    const [answer] = (await ask(version, question(EXTENSION_NUMBERS, type))).get(5) ?? [];
    expect(Buffer.from(fields(answer!).get(1)![0]!).toString()).toBe(type);
    const packed = new BinaryReader(fields(answer!).get(2)?.[0] ?? new Uint8Array());
    const found = [];
    while (packed.pos < packed.len) found.push(packed.int32());
    expect(found).toEqual(numbers);
  });

  test('files keep their options, which are extensions', async ({ ask }) => {
    const [response] = (await ask(version, question(FILENAME, 'inventory/v1/inventory_service.proto'))).get(
      4,
    )!;
    const file = fields(response!).get(1)![0]!;
    expect(Buffer.from(file).equals(toBinary(FileDescriptorProtoSchema, InventoryService.file.proto))).toBe(
      true,
    );
  });

  test.for([
    question(SYMBOL, 'inventory.v1.Nope'),
    question(SYMBOL, 'constructor'),
    question(FILENAME, 'constructor'),
    question(EXTENSION_NUMBERS, 'inventory.v1.Nope'),
    question(EXTENSION_NUMBERS, 'constructor'),
    extension('google.protobuf.MethodOptions', 1),
    extension('constructor', 1),
  ] as const)('what is unknown is an error in the answer: %#', async (unknown, { ask }) => {
    const answer = await ask(version, unknown);
    expect([...answer.keys()]).toContain(7);
  });
});

test('REFLECTION=off: there is none', async () => {
  const closed = await startApp({ REFLECTION: 'off' });
  const client = rawClient(closed.grpcAddress);
  for (const version of ['v1', 'v1alpha']) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    expect(await rawUnary(client, path, question(LIST, ''))).toMatchObject({ code: 12 });
  }
  client.close();
  await closed.close();
});
