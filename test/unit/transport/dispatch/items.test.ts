import type { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { BatchAdjustRequestSchema } from '../../../../src/gen/inventory/v1/adjustments_pb.js';
import {
  BatchExecuteRequestSchema,
  ExecuteRequestSchema,
} from '../../../../src/gen/inventory/v1/commands_pb.js';
import { BatchGetInventoryRequestSchema } from '../../../../src/gen/inventory/v1/inventory_record_pb.js';
import { decodeBinary, decodeJson } from '../../../../src/transport/dispatch/decode.js';
import { itemsReadMax, standInOf, unreadableCommand } from '../../../../src/transport/dispatch/items.js';

const commands = BatchExecuteRequestSchema.field.commands;

test('one more item is read than a list may have, however many there are', () => {
  expect(itemsReadMax(commands)).toBe(1001);
  expect(itemsReadMax(ExecuteRequestSchema.fields[0]!)).toBeUndefined();
  const many = Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from([0x0a, 0])));
  expect(decodeBinary(BatchExecuteRequestSchema, many).commands).toHaveLength(1001);
  expect(decodeBinary(BatchAdjustRequestSchema, many).lines).toHaveLength(1001);
  const json = (items: unknown[]) =>
    Buffer.from(JSON.stringify({ commands: items, ids: items, lines: items }));
  const objects = json(Array.from({ length: 5000 }, () => ({})));
  expect(decodeJson(BatchExecuteRequestSchema, objects)).toHaveProperty('commands.length', 1001);
  expect(decodeJson(BatchAdjustRequestSchema, objects)).toHaveProperty('lines.length', 1001);
  const texts = json(Array.from({ length: 5000 }, () => ''));
  expect(decodeJson(BatchGetInventoryRequestSchema, texts)).toHaveProperty('ids.length', 1001);
});

test('only the commands of a batch are read each by itself', () => {
  expect(standInOf(BatchAdjustRequestSchema.field.lines)).toBeUndefined();
  expect(standInOf(commands)).toBeDefined();
});

test('of a JSON batch, a command that cannot be read has its reason, and the others are there', () => {
  const body = {
    commands: [
      { reserve: { id: 'a', qty: '1.5' } },
      { reserve: { id: 'a', qty: 1 }, release: { id: 'a', qty: 1 } },
      { reserve: { id: 'a', qty: 1, openEnded: true, open_ended: true } },
      [],
      { reserve: { id: 'a', qty: 1 } },
    ],
  };
  const batch = decodeJson(BatchExecuteRequestSchema, Buffer.from(JSON.stringify(body)));
  const read = (batch as ReturnType<typeof create<typeof BatchExecuteRequestSchema>>).commands;
  expect(read.map((one) => unreadableCommand(one)?.message ?? one.command.case)).toEqual([
    'qty: must be an integer from -2147483648 to 2147483647',
    'only one may be given of reserve, release, confirm, adjust, reserveOrder, releaseOrder, confirmOrder, setHold, setOrder, extendOrder, moveOrder',
    'openEnded: must not be given twice',
    'must be a JSON object',
    'reserve',
  ]);
});

test('of a binary batch likewise', () => {
  const bytes = Buffer.from([0x0a, 4, 0x1a, 2, 0x0a, 0xff, 0x0a, 5, 0x1a, 3, 0x0a, 1, 0x61]);
  const { commands: read } = decodeBinary(BatchExecuteRequestSchema, bytes);
  expect(read.map((one) => unreadableCommand(one)?.message ?? one.command.case)).toEqual([
    'cannot be read as inventory.v1.ReserveRequest: the message is truncated',
    'reserve',
  ]);
});
