/** Runs of many machines: `swarm worker`, `swarm workers`. */
import { SANDBOX_WORDS } from '../config/sandbox-words.ts';
import type { Context } from './context.ts';
import type { WorkerOptions, WorkersOptions } from './options.ts';
import { examples, type Finish, gather, type Program, repoOption, runOption, wholeNumber } from './parts.ts';

export function addHosts(program: Program, context: Context, exit: Finish): void {
  program
    .command('worker')
    .description('Work for runs of other machines: offer slots over a message server until told to stop')
    .requiredOption('--nats <url>', 'the message server: nats://host:4222 or tls://host:4222')
    .option('--name <name>', 'what this host is called; without it, the machine’s own name')
    .option(
      '--slots <n>',
      'attempts it runs at the same time; without it, one for each processor',
      wholeNumber,
    )
    .option('--creds <file>', 'who it is: a seed, NATS credentials, or {"user", "pass"} as JSON')
    .option('--ca <file>', 'the certificate authority of the message server')
    .option('--cert <file>', 'its own certificate, where the server wants one')
    .option('--key <file>', 'the key of that certificate')
    .option(
      '--capability <name>',
      'what it can do besides its agents: gpu, coder@2.1; may be given again',
      gather,
    )
    .option('--sandbox <provider>', SANDBOX_WORDS)
    .option('--own-models', 'ask models by its own endpoints, not by those of the run’s home: docs/mesh.md')
    .option('--state <folder>', 'where it keeps repositories and environments')
    .option('--health-port <n>', 'answer GET /healthz and /readyz on this port', wholeNumber)
    .option('--health-host <address>', 'the address to answer on; without it, 127.0.0.1')
    .option('--check', 'say what it would offer and whether the message server answers, and end')
    .addHelpText(
      'after',
      examples(
        'swarm worker --nats nats://10.0.0.5:4222 --name builder-1 --slots 4 --creds builder-1.seed',
        'swarm worker --nats tls://nats.example.com --ca ca.pem --creds me.creds --capability gpu',
        'swarm worker --nats nats://10.0.0.5:4222 --check',
      ),
    )
    .action((options) =>
      exit(import('../commands/worker.ts').then((m) => m.worker(options as WorkerOptions, context))),
    );
  program
    .command('workers')
    .description(
      'Show the hosts of a live run: who, where, load, what they can do, version, clock, last seen',
    )
    .addOption(repoOption())
    .addOption(runOption())
    .option('--setup <folder>', 'write a configuration and identities for a message server into a new folder')
    .option('--host <name>', 'with --setup: a host that may join; may be given again', gather)
    .option('--listen <address>', 'with --setup: where the server listens; without it, 127.0.0.1:4222')
    .option('--store <folder>', 'with --setup: where the server keeps what waits; without it, in that folder')
    .option('--rotate <name>', 'with --setup: give home or a host of that folder another identity')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm workers',
        'swarm workers --setup ./nats --host builder-1 --host builder-2 --listen 0.0.0.0:4222',
        'swarm workers --setup ./nats --rotate builder-1',
      ),
    )
    .action((options) =>
      exit(import('../commands/workers.ts').then((m) => m.workers(options as WorkersOptions, context))),
    );
}
