/** The parts that all pictures of the documentation share: they follow the reader's light or dark theme. */

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';

const STYLE = `
  text { font: 14px ${FONT}; fill: var(--text); }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; fill: var(--quiet); }
  .strong { font-weight: 600; }
  .line { stroke: var(--line); fill: none; }
  .arrow { stroke: var(--text); fill: none; stroke-width: 1.5; }
  .head { fill: var(--text); }
  .box { fill: var(--box); stroke: var(--line); }
  .bar { fill: var(--bar); }
  .ours { fill: var(--ours); }
  svg { --back: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --box: #f6f8fa; --bar: #afb8c1; --ours: #1a7f5a; }
  @media (prefers-color-scheme: dark) {
    svg { --back: #0d1117; --text: #e6edf3; --quiet: #9198a1; --line: #3d444d; --box: #151b23; --bar: #545d68; --ours: #3fb68b; }
  }`;

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** What the picture says, for those who do not see it. */
  readonly description: string;
  readonly elements: readonly string[];
}

export function toSvg({ width, height, description, elements }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(description)}">
<!-- Drawn by tools/pictures; do not edit. -->
<style>${STYLE}
</style>
<rect width="${width}" height="${height}" rx="8" style="fill: var(--back)"/>
${elements.join('\n')}
</svg>
`;
}

interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly className?: string;
}

export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { anchor = 'start', className } = options;
  const named = className === undefined ? '' : ` class="${className}"`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${named}>${escaped(content)}</text>`;
}

/** An upper estimate of the text's width: the readers' fonts are not known here. */
export function textWidth(content: string, size = 14): number {
  return Math.ceil(content.length * size * 0.54);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
