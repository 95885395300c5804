import fc from 'fast-check';
import type { JsonObject, OpenApiDocument } from '../../support/openapi/document.js';
import type { Operation } from '../../support/openapi/routes.js';
import { type Known, valuesOf } from './draw-value.js';
import type { Tree } from './json-tree.js';
import { type Caller, encoded, type Parts } from './parts.js';

export interface Template extends Pick<Operation, 'id' | 'pointer' | 'value'> {
  readonly method: string;
  readonly path: string;
}

/** Every operation of the document. */
export function operationsOf(document: OpenApiDocument): Template[] {
  return Object.entries(document.root.paths as Record<string, JsonObject>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, value]) => ({
      id: (value as JsonObject).operationId as string,
      pointer: `/paths/${path.replaceAll('/', '~1')}/${method}`,
      value: value as JsonObject,
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** An operation's parameters with their places in the document, except the credentials. */
export function parametersOf(
  document: OpenApiDocument,
  { pointer, value }: Template,
): { value: JsonObject; pointer: string }[] {
  const schemes = document.at('/components/securitySchemes')!.value as Record<string, JsonObject>;
  const credentials = Object.values(schemes).map(({ name }) => name);
  return (value.parameters as JsonObject[])
    .map((_, i) => document.at(`${pointer}/parameters/${i}`)!)
    .filter((parameter) => !credentials.includes(parameter.value.name!));
}

/** Requests that obey the document's description of the operation. */
export function requestsOf(
  document: OpenApiDocument,
  operation: Template,
  known: Known,
  caller: Caller,
): fc.Arbitrary<Parts> {
  const { method, path: template, pointer } = operation;
  const parameters = parametersOf(document, operation).map(({ value, pointer: at }) => {
    const name = value.name as string;
    const ownName = `${operation.id}.${name}`;
    const values = valuesOf(
      document,
      `${at}/schema`,
      known,
      known[ownName] === undefined ? name : ownName,
    ) as fc.Arbitrary<Scalar | Scalar[]>;
    return { name, place: value.in as string, values };
  });
  const inPlace = (place: string): typeof parameters =>
    parameters.filter((parameter) => parameter.place === place);
  const body = document.at(`${pointer}/requestBody`);
  return fc.record({
    method: fc.constant(method),
    template: fc.constant(template),
    variables: fc.record(
      Object.fromEntries(
        inPlace('path').map(({ name, values }) => [name, values.map((value) => encoded(String(value)))]),
      ),
    ),
    suffix: fc.constant(''),
    query: fc
      .tuple(
        ...inPlace('query').map(({ name, values }) => sometimes(values.map((value) => pairs(name, value)))),
      )
      .map((given) => given.flatMap((some) => some ?? [])),
    headers: fc
      .tuple(
        ...inPlace('header').map(({ name, values }) =>
          rarely(values.filter(isHeader).map((value) => [name.toLowerCase(), String(value)])),
        ),
      )
      .map((given) => Object.fromEntries(given.filter((header) => header !== undefined))),
    caller: fc.constant(caller),
    body: body === undefined ? fc.constant(undefined) : bodies(document, body, known),
    padding: fc.constant(0),
    isUtf8: fc.constant(true),
    contentType: fc.constant('application/json'),
    coding: fc.constantFrom(
      'none' as const,
      'none' as const,
      'none' as const,
      'identity' as const,
      'gzip' as const,
    ),
    accept: fc.constantFrom(undefined, undefined, '*/*'),
  });
}

type Scalar = string | number | boolean;

function bodies(
  document: OpenApiDocument,
  body: { value: JsonObject; pointer: string },
  known: Known,
): fc.Arbitrary<Tree | undefined> {
  const given = valuesOf(document, `${body.pointer}/content/application~1json/schema`, known);
  return body.value.required === true ? given : fc.option(given, { nil: undefined });
}

function pairs(name: string, value: Scalar | readonly Scalar[]): Parts['query'][number][] {
  return [value].flat().map((one) => ({ name: encoded(name), value: encoded(String(one)) }));
}

/** What HTTP can carry as a header's value. */
function isHeader(value: unknown): boolean {
  return /^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(String(value));
}

function sometimes<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(values, { nil: undefined, freq: 2 });
}

function rarely<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });
}
