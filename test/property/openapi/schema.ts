import type { Json, OpenApiDocument } from '../../support/openapi/document.js';

/** A schema of a request, as our document writes them: each type with the bounds that its check demands. */
export interface Schema {
  readonly type: 'boolean' | 'integer' | 'string' | 'array' | 'object';
  readonly enum?: readonly string[];
  readonly examples?: readonly (string | number)[];
  readonly minimum: number;
  readonly maximum: number;
  readonly not?: { readonly const: Json };
  readonly minLength?: number;
  readonly maxLength: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minItems?: number;
  readonly maxItems: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

/** The schema at a pointer, and where it is once references are followed; undefined for none. */
export function schemaAt(
  document: OpenApiDocument,
  pointer: string,
): { schema: Schema; at: string } | undefined {
  const found = document.at(pointer);
  return found && { schema: found.value as unknown as Schema, at: found.pointer };
}
