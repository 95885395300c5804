import { parseArgs } from 'node:util';
import { askReadiness } from './cli/ask-readiness.js';

/** `holdfast health` without the rest of the command line, whose loading costs ten times what the question does. */
const { values } = parseArgs({ options: { cert: { type: 'string' }, key: { type: 'string' } } });
const { ready, said } = await askReadiness(process.env, values);
process.stdout.write(`${said}\n`);
process.exitCode = ready ? 0 : 1;
