import { type DescField, type DescMethod, type DescService, getOption } from '@bufbuild/protobuf';
import { http as httpOption } from '../../gen/google/api/annotations_pb.js';
import type { Http, HttpRule } from '../../gen/google/api/http_pb.js';
import { protoPath, resolveFieldPath } from '../fields/field-path.js';
import { RouteTree } from './route-tree.js';
import { ServiceConfig } from './service-config.js';
import { type Template, TemplateError, type Variable } from './template.js';
import { parseTemplate } from './template-parser.js';

/** One way to call an RPC over HTTP: one `google.api.HttpRule`, checked against the descriptors. */
export interface Binding {
  readonly method: DescMethod;
  /** `GET`, …, or `*` for every method. */
  readonly httpMethod: string;
  readonly template: Template;
  readonly variables: readonly BoundVariable[];
  /** The request field that the body fills, `*` for the whole message, undefined for no body. */
  readonly body: DescField | '*' | undefined;
  /** The response field that is answered; undefined for the whole message. */
  readonly responseBody: DescField | undefined;
  /** How multi-segment variables are decoded: see `capture`. */
  readonly decodesFully: boolean;
}

export interface BoundVariable extends Variable {
  /** The fields from the request message down to the one that the text fills. */
  readonly fields: readonly DescField[];
}

/** Rules that cannot be served. `problems` names file, RPC, template and column for each of them. */
export class InvalidHttpRules extends Error {
  override readonly name = 'InvalidHttpRules';

  constructor(readonly problems: readonly string[]) {
    super(`google.api.http rules cannot be served:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  }
}

/**
 * Reads the `google.api.http` options of all methods, or the rules that replace them. Methods without one have no
 * route.
 *
 * @throws InvalidHttpRules with every problem that it finds, not just the first.
 */
export function readHttpRules(
  services: readonly DescService[],
  http?: Http,
): { bindings: Binding[]; tree: RouteTree<Binding> } {
  const config = new ServiceConfig(http);
  const bindings: Binding[] = [];
  const tree = new RouteTree<Binding>();
  const problems: string[] = [];

  function read(method: DescMethod, rule: HttpRule): void {
    const template = rule.pattern.case === 'custom' ? rule.pattern.value.path : (rule.pattern.value ?? '');
    try {
      const binding = bindingOf(method, rule, template, config.decodesFully);
      const rival = tree.add(binding.httpMethod, binding.template, binding);
      if (rival === undefined) bindings.push(binding);
      else
        throw new TemplateError(
          `matches the same paths as "${rival.template.source}" of ${where(rival.method)}`,
          1,
        );
    } catch (error) {
      const column = error instanceof TemplateError ? ` column ${error.column}:` : '';
      problems.push(`${where(method)}: "${template}":${column} ${(error as Error).message}`);
    }
  }

  for (const method of services.flatMap((s) => s.methods)) {
    const rule = config.ruleFor(method) ?? getOption(method, httpOption);
    if (rule.pattern.case === undefined && rule.additionalBindings.length === 0) continue;
    read(method, rule);
    for (const additional of rule.additionalBindings) {
      if (additional.additionalBindings.length === 0) read(method, additional);
      else problems.push(`${where(method)}: additional_bindings may not be nested`);
    }
  }
  problems.push(...config.problems());
  if (problems.length > 0) throw new InvalidHttpRules(problems);
  return { bindings, tree };
}

function where(method: DescMethod): string {
  return `${method.parent.file.proto.name}: ${method.parent.typeName}.${method.name}`;
}

function bindingOf(method: DescMethod, rule: HttpRule, source: string, decodesFully: boolean): Binding {
  if (method.methodKind !== 'unary' && method.methodKind !== 'server_streaming') {
    throw new Error(`a ${method.methodKind} method cannot be bound: HTTP has one request body`);
  }
  const httpMethod = httpMethodOf(rule);
  const template = parseTemplate(source);
  const variables = template.variables.map((v) => ({ ...v, fields: variableFields(method, v) }));
  const body = rule.body === '*' ? '*' : topLevelField(method, 'body', rule.body);
  const rival = variables.find((v) => v.fields.length === 1 && v.fields[0] === body);
  if (rival !== undefined) {
    throw new TemplateError(`"${rule.body}" is bound by the path and by the body`, rival.column);
  }
  return {
    method,
    httpMethod,
    template,
    variables,
    body,
    responseBody: topLevelField(method, 'response_body', rule.responseBody),
    decodesFully,
  };
}

function httpMethodOf({ pattern }: HttpRule): string {
  if (pattern.case === undefined) throw new Error('has no pattern');
  if (pattern.case !== 'custom') return pattern.case.toUpperCase();
  const { kind } = pattern.value;
  if (!/^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(kind)) throw new Error(`custom kind "${kind}" is no HTTP method`);
  return kind;
}

function variableFields(method: DescMethod, variable: Variable): DescField[] {
  const name = variable.fieldPath.join('.');
  const fields = resolveFieldPath(method.input, variable.fieldPath);
  // The grammar names fields as the proto does; the JSON spelling is for callers.
  if (fields === undefined || protoPath(fields) !== name) {
    throw new TemplateError(`${method.input.typeName} has no field "${name}"`, variable.column);
  }
  const { fieldKind } = fields[fields.length - 1]!;
  if (fieldKind !== 'scalar' && fieldKind !== 'enum') {
    const kind = { list: 'repeated', map: 'a map', message: 'a message' }[fieldKind];
    throw new TemplateError(`"${name}" is ${kind}: a path can bind scalars and enums only`, variable.column);
  }
  return fields;
}

function topLevelField(
  method: DescMethod,
  option: 'body' | 'response_body',
  name: string,
): DescField | undefined {
  if (name === '') return undefined;
  const message = option === 'body' ? method.input : method.output;
  const field = message.fields.find((f) => f.name === name);
  if (field === undefined) throw new Error(`${option}: ${message.typeName} has no field "${name}"`);
  return field;
}
