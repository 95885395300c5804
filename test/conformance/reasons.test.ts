import { readFileSync } from 'node:fs';
import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import type { FailureReason } from '../../src/domain/failure.js';
import { reasons as facts } from '../../src/domain/reasons.js';
import { ErrorReasonSchema } from '../../src/gen/inventory/v1/error_reason_pb.js';
import { errorCodes } from '../../src/transport/failures/errors.js';
import { reasons } from './contract.js';

/** There is one list of reasons: the contract, the proto enum, the table of codes and docs/errors.md agree. */

const PREFIX = 'ERROR_REASON_';
const names = Object.keys(reasons) as FailureReason[];

const proto = readFileSync(new URL('../../proto/inventory/v1/error_reason.proto', import.meta.url), 'utf8');
const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The comment above a value of the enum, as one line. */
function protoComment(reason: string): string {
  const match = new RegExp(`((?: +//.*\\n)+) +${PREFIX}${reason} = \\d+;`).exec(proto);
  return (match?.[1] ?? '').replaceAll(/\n? +\/\/ ?/g, ' ').trim();
}

const openApi = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
const { examples } = openApi.components as { examples: Record<string, { value: object }> };
/** Members of a body that are not metadata of the failure. */
const shape = ['status', 'message', 'code', 'requestId', 'help', 'errors', 'error', 'statusCode'];

const metadata = (text: string): string[] => /Metadata: ([^.;]*)/.exec(text)?.[1]?.match(/`\w+`/g) ?? [];

/** The page's table: reason → its cells. */
const rows = new Map(
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([reason = '', ...cells]) => [reason.replaceAll('`', ''), cells] as const),
);

test('the proto enum has these reasons, in this order, and no other', () => {
  const values = ErrorReasonSchema.values.map(({ name, number }) => [name, number]);
  expect(values).toEqual([[`${PREFIX}UNSPECIFIED`, 0], ...names.map((name, i) => [PREFIX + name, i + 1])]);
});

test('the tables of facts and of codes have them', () => {
  expect(Object.keys(facts)).toEqual(names);
  expect(Object.keys(errorCodes).sort()).toEqual([...names].sort());
});

test('the page has them', () => {
  expect([...rows.keys()]).toEqual(names);
});

describe.each(names)('%s', (name) => {
  const { grpcCode, grpcName, httpStatus, retryable } = reasons[name];

  test('the service answers with the contract’s codes', () => {
    expect(errorCodes[name]).toEqual({ code: grpcCode, httpStatus });
    expect(facts[name].retryable).toBe(retryable);
    expect(Code[grpcCode]?.toUpperCase()).toBe(grpcName.replaceAll('_', ''));
  });

  test('the proto names the codes and gives an example', () => {
    expect(protoComment(name)).toContain(` ${grpcName}, HTTP ${httpStatus}`);
    expect(protoComment(name)).toMatch(/Example: "[^"]+"$/);
    expect(protoComment(name).includes('Retry-After')).toBe(retryable);
  });

  test('the page says the same', () => {
    const [code, status, when = '', what = '', example = ''] = rows.get(name)!;
    expect([code, status]).toEqual([grpcName, `${httpStatus}`]);
    expect(what.includes('`Retry-After` (`RetryInfo`)')).toBe(retryable);
    const protoExample = /Example: "([^"]+)"$/.exec(protoComment(name))?.[1];
    expect(example).toBe(protoExample);
    expect(metadata(when)).toEqual(metadata(protoComment(name)));
    expect(metadata(when)).toEqual(facts[name].metadata.map((fact) => `\`${fact}\``));
  });

  test('REST has its metadata next to the message', () => {
    const { value } = examples[name] ?? {};
    const documented = metadata(rows.get(name)![2]!).filter(
      // `reference` is there if the call had one, which the call of the example does not.
      (fact) => name !== 'INSUFFICIENT_RESERVED' || fact !== '`reference`',
    );
    const facts = Object.keys(value ?? {}).filter((member) => !shape.includes(member));
    expect(facts.map((fact) => `\`${fact}\``)).toEqual(documented);
  });
});
