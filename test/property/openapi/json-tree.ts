import type { Json } from '../../support/openapi/document.js';

/** A JSON text that can be wrong in every way: values, and texts that no value could hold. */
export type Tree = null | boolean | number | string | readonly Tree[] | Members | Verbatim;

/** An object, whose keys need not differ. */
export class Members {
  constructor(readonly entries: readonly (readonly [key: string, value: Tree])[]) {}
}

/** A piece of text, and what it stands for; undefined: nothing, so that no reader may take the whole. */
export class Verbatim {
  constructor(
    readonly text: string,
    readonly reading: Json | undefined,
  ) {}
}

/** As it is sent. */
export function wireText(tree: Tree): string {
  if (tree instanceof Verbatim) return tree.text;
  if (tree instanceof Members) {
    return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${wireText(value)}`).join(',')}}`;
  }
  return Array.isArray(tree) ? `[${tree.map(wireText).join(',')}]` : JSON.stringify(tree);
}

/** Its value for a strict reader who rounds nothing; undefined if nobody may accept it. */
export function readingOf(tree: Tree): string | undefined {
  try {
    return reading(tree);
  } catch (error) {
    if (error === unreadable) return undefined;
    throw error;
  }
}

const unreadable = new Error('unreadable');

function reading(tree: Tree): string {
  if (tree instanceof Verbatim) {
    if (tree.reading === undefined) throw unreadable;
    return JSON.stringify(tree.reading);
  }
  if (tree instanceof Members) {
    const { entries } = tree;
    if (new Set(entries.map(([key]) => key)).size < entries.length) throw unreadable;
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${reading(value)}`).join(',')}}`;
  }
  if (!Array.isArray(tree)) return JSON.stringify(tree);
  // Without its only item, a list is empty, which everybody may accept.
  if (wireText(tree) === '[]') return '[]';
  return `[${tree.map(reading).join(',')}]`;
}
