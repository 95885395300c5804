import xterm from '@xterm/headless';

/** What a person sees on a terminal, and the lines that have scrolled off its top. */
export class Screen {
  readonly #terminal: xterm.Terminal;

  constructor(size: { readonly cols: number; readonly rows: number }) {
    this.#terminal = new xterm.Terminal({ ...size, scrollback: 10_000, allowProposedApi: true });
  }

  write(text: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(text, resolve));
  }

  /** From the top to the last one with text; lines that the terminal has wrapped are whole again. */
  lines(): string[] {
    const { normal } = this.#terminal.buffer;
    const lines: string[] = [];
    for (let row = 0; row < normal.length; row++) {
      const line = normal.getLine(row)!;
      const text = line.translateToString(true);
      if (line.isWrapped) lines.push(`${lines.pop()}${text}`);
      else lines.push(text);
    }
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }
}
