import type { Json } from '../../support/openapi/document.js';

/** A JSON text that can be wrong in every way: it consists of values, and of texts that stand for no value. */
export type Tree = null | boolean | number | string | readonly Tree[] | Members | Verbatim;

/** An object, whose keys need not differ. */
export class Members {
  constructor(readonly entries: readonly (readonly [key: string, value: Tree])[]) {}
}

/** A piece of text, and what it stands for; undefined: nothing, so that no reader may accept the whole text. */
export class Verbatim {
  constructor(
    readonly text: string,
    readonly reading: Json | undefined,
  ) {}
}

/** The text that is sent. */
export function wireText(tree: Tree): string {
  if (tree instanceof Verbatim) return tree.text;
  if (tree instanceof Members) {
    return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${wireText(value)}`).join(',')}}`;
  }
  return Array.isArray(tree) ? `[${tree.map(wireText).join(',')}]` : JSON.stringify(tree);
}

/** The value that a strict reader sees, which rounds nothing; undefined if no reader may accept it. */
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
  // If its only item was removed, the list is empty, which every reader may accept.
  if (wireText(tree) === '[]') return '[]';
  return `[${tree.map(reading).join(',')}]`;
}
