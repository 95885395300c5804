import type { Command } from 'commander';
import { askReadiness, type Identity } from './ask-readiness.js';
import type { Process } from './command.js';
import { HEALTH_HELP } from './help.js';

export function defineHealth(command: Command, { env, finish }: Process): void {
  command
    .option('--cert <file>', 'to present, where TLS_CLIENT_CA_FILE is set (default: TLS_CERT_FILE)')
    .option('--key <file>', 'of that certificate (default: TLS_KEY_FILE)')
    .addHelpText('after', HEALTH_HELP)
    .action((identity: Identity) =>
      finish(
        command,
        askReadiness(env, identity).then(({ ready, said }) => ({
          data: { ready, said },
          text: said,
          exitCode: ready ? 0 : 1,
        })),
      ),
    );
}
