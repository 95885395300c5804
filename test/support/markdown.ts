/**
 * A fenced block that a page shows. The words behind its language say what a test does with it:
 * - `sh`           it is run, and succeeds
 * - `sh fails`     it is run, and does not
 * - `sh stream`    it runs until it is stopped, along with the next one, which makes it print the rest
 * - `sh not-run`   it needs what a test does not have
 * - `… file=PATH`  it is that file's content
 * - `… output`     it is what the block before it prints
 */
export interface Block {
  readonly language: string;
  readonly word: string | undefined;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

export type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string; readonly line: number }
  | {
      readonly kind: 'run';
      readonly how: 'succeeds' | 'fails' | 'stream' | 'not-run';
      readonly script: string;
      readonly output: Block | undefined;
      readonly line: number;
    };

/** All fenced blocks, in their order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm)) {
    const [, language, word, text] = match;
    const line = markdown.slice(0, match.index).split('\n').length;
    blocks.push({ language: language!, word, text: text!, line });
  }
  return blocks;
}

/** What a reader does, from top to bottom. Throws at a block that says nothing a test understands. */
export function stepsOf(markdown: string): Step[] {
  const blocks = blocksOf(markdown);
  const steps: Step[] = [];
  blocks.forEach((block, i) => {
    const { language, word, text, line } = block;
    const next = blocks[i + 1];
    const output = next?.word === 'output' ? next : undefined;
    if (word?.startsWith('file=')) {
      steps.push({ kind: 'file', path: word.slice('file='.length), text, line });
    } else if (language === 'sh') {
      const how = howOf(word, line);
      if (how === 'stream' && output === undefined)
        throw new Error(`line ${line}: a stream prints something`);
      steps.push({ kind: 'run', how, script: text, output, line });
    } else if (word !== 'output' || !isScript(blocks[i - 1])) {
      throw new Error(`line ${line}: nobody can run this`);
    }
  });
  return steps;
}

function isScript(block: Block | undefined): boolean {
  return block?.language === 'sh' && block.word !== 'not-run';
}

function howOf(word: string | undefined, line: number): 'succeeds' | 'fails' | 'stream' | 'not-run' {
  switch (word) {
    case undefined:
      return 'succeeds';
    case 'fails':
    case 'stream':
    case 'not-run':
      return word;
    default:
      throw new Error(`line ${line}: "${word}" is no way to run a script`);
  }
}
