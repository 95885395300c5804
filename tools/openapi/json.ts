export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON Schema (2020-12), or another object of the document. */
export type Schema = { [key: string]: Json };

/** The same without properties that are undefined. */
export function compact(object: { readonly [key: string]: Json | undefined }): Schema {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Schema;
}

/** Whether an object says nothing. */
export function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}
