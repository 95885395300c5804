import fc from 'fast-check';
import type { OpenApiDocument } from '../../support/openapi/document.js';
import { headerChange, wrappings } from './break-head.js';
import { changes, ruins } from './break-value.js';
import type { Template } from './draw-request.js';
import { Members } from './json-tree.js';
import { type Caller, type Change, encoded, type Parts, type Piece } from './parts.js';
import { pieces, rawPieces, unreadablePieces } from './strange-texts.js';

/** One change of a request, whose result may be allowed or not; `withRuins`: it may also make the body no JSON. */
function changeOf(
  document: OpenApiDocument,
  operation: Template,
  callers: readonly Caller[],
  { withRuins }: { withRuins: boolean },
): fc.Arbitrary<Change> {
  const pointer = `${operation.pointer}/requestBody/content/application~1json/schema`;
  const described = document.at(pointer) !== undefined;
  const names = queryNames(document, operation);
  const inBody = (some: typeof changes): fc.Arbitrary<Change> =>
    some.map((change) => (parts) => ({
      ...parts,
      body:
        parts.body === undefined ? new Members([]) : change(document, described ? pointer : '', parts.body),
    }));
  const always: fc.WeightedArbitrary<Change>[] = [
    { weight: described ? 16 : 0, arbitrary: inBody(changes) },
    { weight: described && withRuins ? 4 : 0, arbitrary: inBody(ruins) },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.nat(), fc.oneof(pieces, rawPieces)).map(([n, piece]) => withVariable(n, piece)),
    },
    {
      weight: names.length === 0 ? 1 : 6,
      arbitrary: fc.tuple(parameterName(names), pieces).map(([name, value]) => withPair(name, value)),
    },
    {
      weight: 2,
      arbitrary: fc.nat().map(
        (n): Change =>
          (parts) => ({ ...parts, query: repeated(parts.query, n) }),
      ),
    },
    { weight: 3, arbitrary: headerChange },
    { weight: 3, arbitrary: fc.constantFrom(...callers).map((caller) => (parts) => ({ ...parts, caller })) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND')
        .map((method) => (parts) => ({ ...parts, method })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('/', '/x', ':cancel', '//', '/..', '%2F', ';a=b')
        .map((suffix) => (parts) => ({ ...parts, suffix })),
    },
    { weight: 2, arbitrary: fc.constantFrom(...wrappings) },
  ];
  return fc.oneof(...always.filter(({ weight }) => weight > 0));
}

/** Requests with some changes; each of them alone may be right or wrong. */
export function brokenRequestsOf(
  document: OpenApiDocument,
  operation: Template,
  requests: fc.Arbitrary<Parts>,
  callers: readonly Caller[],
): fc.Arbitrary<Parts> {
  const change = changeOf(document, operation, callers, { withRuins: true });
  // A ruined body is the last change, since another one might repair it.
  const first = changeOf(document, operation, callers, { withRuins: false });
  const several = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(change) },
    { weight: 1, arbitrary: fc.tuple(first, change) },
  );
  return fc
    .tuple(requests, several)
    .map(([parts, some]) => some.reduce((changed: Parts, one) => one(changed), parts));
}

function queryNames(document: OpenApiDocument, { pointer, value }: Template): string[] {
  const found = (value.parameters as unknown[]).map(
    (_, i) => document.at(`${pointer}/parameters/${i}`)!.value,
  );
  return found.filter((parameter) => parameter.in === 'query').map(({ name }) => name as string);
}

function parameterName(names: readonly string[]): fc.Arbitrary<Piece> {
  const snake = names.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const known = [...names, ...names, ...names, ...snake].map(encoded);
  const unknown = ['unknown', 'id', 'qty', 'details', 'details.location', 'a.b.c', '__proto__', '', 'x['].map(
    encoded,
  );
  return fc.constantFrom(...known, ...unknown, ...unreadablePieces.slice(0, 3));
}

function withVariable(n: number, piece: Piece): Change {
  return (parts) => {
    const names = Object.keys(parts.variables);
    const name = names[n % names.length];
    return name === undefined ? parts : { ...parts, variables: { ...parts.variables, [name]: piece } };
  };
}

function withPair(name: Piece, value: Piece): Change {
  return (parts) => {
    const others = parts.query.filter((pair) => pair.name.text !== name.text);
    return { ...parts, query: [...others, { name, value }] };
  };
}

function repeated(query: Parts['query'], n: number): Parts['query'] {
  return query.length === 0 ? query : [...query, query[n % query.length]!];
}
