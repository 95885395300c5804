/** Draws the pictures of the documentation: `npm run generate:pictures`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { drawFlow, parseFlow } from './flow.js';
import { type Drawing, toSvg } from './svg.js';

const docs = new URL('../../docs/', import.meta.url);
const read = (url: URL): string => readFileSync(url, 'utf8');

const pictures: Readonly<Record<string, Drawing>> = {
  reservation: drawFlow(parseFlow(read(new URL('reservation.txt', import.meta.url)))),
};

mkdirSync(new URL('pictures/', docs), { recursive: true });
for (const [name, drawing] of Object.entries(pictures)) {
  writeFileSync(new URL(`pictures/${name}.svg`, docs), toSvg(drawing));
}
