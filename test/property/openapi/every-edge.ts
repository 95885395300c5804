import { commandNames } from '../../support/doors/commands.js';
import { escaped, type OpenApiDocument } from '../../support/openapi/document.js';
import { parametersOf, type Template } from './draw-request.js';
import { choiceOf, type Known, sampleOf } from './draw-value.js';
import { edgesOf } from './edges.js';
import { Members, type Tree } from './json-tree.js';
import { type Caller, encoded, type Parts } from './parts.js';
import { schemaAt } from './schema.js';
import { UNTOUCHED } from './world.js';

/** Bodies of operations whose smallest body cannot succeed. */
const ownBodies: Readonly<Record<string, Tree>> = {
  // It needs one of two fields.
  extendOrder: new Members([['openEnded', true]]),
  // They need a record, and units that are there, or fit: bounds of other operations leave records full or empty.
  reserveOrder: new Members([
    [
      'lines',
      [
        new Members([
          ['id', UNTOUCHED],
          ['qty', 1],
        ]),
      ],
    ],
  ]),
  batchAdjust: new Members([
    [
      'lines',
      [
        new Members([
          ['id', UNTOUCHED],
          ['qty', 1],
          ['action', 'RETURNED'],
        ]),
      ],
    ],
  ]),
  // One command succeeds, and one fails.
  batchExecute: new Members([
    [
      'commands',
      [UNTOUCHED, 'inv_none'].map(
        (id) =>
          new Members([
            [
              'reserve',
              new Members([
                ['id', id],
                ['qty', 1],
              ]),
            ],
          ]),
      ),
    ],
  ]),
};

/** The smallest request that the operation takes. */
export function plainRequest(
  document: OpenApiDocument,
  operation: Template,
  known: Known,
  caller: Caller,
): Parts {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const body = bodyPointer(document, operation);
  return {
    method: operation.method,
    template: operation.path,
    variables: Object.fromEntries(
      names.map((name) => {
        const values = known[`${operation.id}.${name}`] ?? known[name]!;
        return [name, encoded(String(values[0]))];
      }),
    ),
    suffix: '',
    query: operation.id === 'watchInventory' ? [{ name: encoded('ids'), value: encoded('inv_1') }] : [],
    headers: {},
    caller,
    body: ownBodies[operation.id] ?? (body === undefined ? undefined : sampleOf(document, body)),
    padding: 0,
    isUtf8: true,
    contentType: 'application/json',
    coding: 'none',
    accept: undefined,
  };
}

/** All requests that differ from `plain` in one field or parameter, whose value is at a bound or just beyond it. */
export function everyEdge(document: OpenApiDocument, operation: Template, plain: Parts): Parts[] {
  const body = bodyPointer(document, operation);
  const bodies = body === undefined ? [] : bodiesAt(document, body).map((tree) => ({ ...plain, body: tree }));
  const parameters = parametersOf(document, operation).flatMap(({ value, pointer }) => {
    const edges = edgesOf(document, schemaAt(document, `${pointer}/schema`)!.at);
    return edges.map((edge) => withParameter(plain, value.name as string, value.in as string, edge));
  });
  return [...bodies, ...parameters];
}

function bodyPointer(document: OpenApiDocument, { pointer }: Template): string | undefined {
  return schemaAt(document, `${pointer}/requestBody/content/application~1json/schema`)?.at;
}

/** The sample, once for each edge of each value in it. */
function bodiesAt(document: OpenApiDocument, pointer: string): Tree[] {
  const { schema, at } = schemaAt(document, pointer)!;
  const own = edgesOf(document, at);
  if (schema.type === 'array') return [...own, ...bodiesAt(document, `${at}/items`).map((item) => [item])];
  const { entries } = schema.properties === undefined ? new Members([]) : (sampleOf(document, at) as Members);
  const names = Object.keys(schema.properties ?? {});
  // One of the commands is enough here: the fields of the others are tried by their own calls.
  const [, ...others] = choiceOf(names).filter((name) => commandNames.includes(name));
  const inside = names
    .filter((name) => !others.includes(name))
    .flatMap((name) =>
      bodiesAt(document, `${at}/properties/${escaped(name)}`).map((value) => {
        return new Members([...entries.filter(([other]) => other !== name), [name, value]]);
      }),
    );
  return [...own, ...inside];
}

function withParameter(plain: Parts, name: string, place: string, edge: Tree): Parts {
  const texts = [edge].flat().map(String);
  if (place === 'path') return { ...plain, variables: { ...plain.variables, [name]: encoded(texts[0]!) } };
  if (place === 'query') {
    const others = plain.query.filter((pair) => pair.name.text !== name);
    const pairs = texts.map((text) => ({ name: encoded(name), value: encoded(text) }));
    return { ...plain, query: [...others, ...pairs] };
  }
  // A header cannot carry other characters.
  const text = texts[0]!.replaceAll(/[^\x20-\xff]/gu, 'x');
  return { ...plain, headers: { ...plain.headers, [name.toLowerCase()]: text } };
}
