/**
 * Every command in one place: its words, its flags, and the file that does it. A command's file is imported only
 * when it is asked for, so that help stays quick.
 */

import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Context } from './context.ts';
import { addForge } from './forge.ts';
import { addHosts } from './hosts.ts';
import { addK8s } from './k8s.ts';
import { addLand } from './land.ts';
import { addMap } from './map.ts';
import {
  CommandLineError,
  examples,
  type Finish,
  gather,
  type Program,
  repoOption,
  runOption,
  wholeNumber,
} from './parts.ts';
import { addProtocols } from './protocols.ts';
import { addReads } from './read.ts';
import {
  agentOption,
  anyRepoOption,
  approveOption,
  budgetOption,
  deliverOption,
  depthOption,
  dryRunOption,
  fixRedOption,
  gateOption,
  reportJsonOption,
  reviewersOption,
  sandboxOption,
  setupNetworkOption,
  setupOption,
  soloOption,
  stackOption,
  strictOption,
  targetOption,
  timeOption,
  trustRepoOption,
  workersOption,
  yesOption,
} from './run-options.ts';
import { addSetUp } from './set-up.ts';
import { addSteering } from './steer.ts';
import { addTuning } from './tuning.ts';

/** The exit code; a command that fails throws instead. */
type Exit = Promise<number>;

/** @param done receives the exit code of the command that ran. */
export function createProgram(context: Context, version: string, done: (code: number) => void): Command {
  const program = new Command('swarm')
    .description(
      'Point a fleet of coding agents at a git repository and get back a branch that passes its checks',
    )
    .version(version)
    .option('--no-color', 'plain text, as NO_COLOR does')
    .option('--debug', 'show the stack trace of an unexpected failure')
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${argumentsText(command)}`.trim() })
    .addHelpText(
      'after',
      examples('swarm run "add input validation to every handler"', 'swarm status', 'swarm logs -f'),
    );
  const exit = (code: Exit): Promise<void> => code.then(done);
  program.commandsGroup('Work:');
  addRun(program, context, exit);
  addMap(program, context, exit);
  addLand(program, context, exit);
  addForge(program, context, exit);
  program.commandsGroup('Watch:');
  addReads(program, context, exit);
  addTuning(program, context, exit);
  program.commandsGroup('Steer a live run:');
  addSteering(program, context, exit);
  program.commandsGroup('Many machines:');
  addHosts(program, context, exit);
  program.commandsGroup('Begin, try, tidy up:');
  addSetUp(program, context, exit);
  program.commandsGroup('Check and describe:');
  addChecks(program, context, exit);
  program.commandsGroup('For other programs:');
  addProtocols(program, version, context, exit);
  addK8s(program, context, exit);
  program.helpCommand('help [command]', 'Show this, or the help of a command');
  inherit(program as unknown as Command);
  return program as unknown as Command;
}

/** Every command has options: said once, above, and not in each row. */
const argumentsText = (command: CommandUnknownOpts): string =>
  command.registeredArguments
    .map((argument) => `${argument.name()}${argument.variadic ? '...' : ''}`)
    .map((name, i) => (command.registeredArguments[i]!.required ? `<${name}>` : `[${name}]`))
    .join(' ');

/** Subcommands fail as the program does: by throwing, with nothing printed; main.ts says it. */
function inherit(program: Command): void {
  for (const command of [program, ...program.commands] as Command[]) {
    const name = command === program ? 'swarm' : `swarm ${command.name()}`;
    command
      .exitOverride((error) => {
        throw new CommandLineError(error, name);
      })
      .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
      .allowExcessArguments(false);
  }
}

function addRun(program: Program, context: Context, exit: Finish): void {
  program
    .command('run')
    .argument('[request...]', 'what you want done, in words')
    .description('Work out a request: plan it, do its tasks in parallel, land what passes the gate')
    .addOption(anyRepoOption())
    .addOption(targetOption())
    .addOption(deliverOption())
    .addOption(stackOption())
    .option('--request-file <file>', 'read the request from a file, - for standard input')
    .option('--plan <tasks.json>', 'take the tasks from a file (JSON or NDJSON) and ask no planner')
    .option(
      '--accept <file>',
      'what is to hold at the end: a Markdown list, or criteria with their checks in JSON or TOML',
    )
    .addOption(soloOption())
    .addOption(workersOption())
    .addOption(depthOption())
    .addOption(agentOption())
    .addOption(gateOption())
    .addOption(setupOption())
    .addOption(sandboxOption())
    .addOption(setupNetworkOption())
    .addOption(budgetOption())
    .addOption(timeOption())
    .addOption(reviewersOption())
    .addOption(fixRedOption())
    .addOption(approveOption())
    .addOption(yesOption())
    .addOption(dryRunOption())
    .option(
      '--record <file>',
      'write what models are asked and answer into a new file, a cassette, without secrets',
    )
    .option(
      '--replay <file>',
      'answer from a cassette and ask nobody; stops at the first request that is not in it',
    )
    .addOption(strictOption())
    .addOption(trustRepoOption())
    .option('--board', 'show it on the whole terminal, as swarm board does; without, b and Enter does')
    .option(
      '--nats <url>',
      'let hosts do the attempts: swarm worker on other machines, over this message server',
    )
    .option('--nats-creds <file>', 'who this run is to the message server')
    .option('--nats-ca <file>', 'the certificate authority of the message server')
    .option('--nats-cert <file>', 'its own certificate, where the message server wants one')
    .option('--nats-key <file>', 'the key of that certificate')
    .option(
      '--hosts <n>',
      'let so many hosts on this machine do the attempts, over a server of their own',
      wholeNumber,
    )
    .option('--serve', 'serve its page and API on this machine while it goes on, as swarm serve does')
    .option(
      '--bridge [url]',
      'workers that are registered there do tasks too: an address, or a port here (default: 7420)',
    )
    .addOption(reportJsonOption())
    .addHelpText(
      'after',
      examples(
        'swarm run "port the tests from mocha to node:test" --workers 12',
        'swarm run --plan tasks.json --agent command --gate "make check"',
        'swarm run "make the build faster" --agent claude,codex --budget 5usd,2Mtok --time 2h',
      ),
    )
    .action((request, options) =>
      exit(import('../commands/run.ts').then((m) => m.run(request.join(' '), options, context))),
    );

  program
    .command('resume')
    .description(
      'Go on with a run that was stopped or killed; with more to spend or a task to retry, one that is closed',
    )
    .addOption(repoOption())
    .addOption(runOption())
    .option('--yes', 'say yes to a plan that waits for it')
    .option(
      '--trust-run',
      'you have read its run.json: let it count though this machine has no record of the run',
    )
    .option('--from-ref <ref>', 'a run that another machine began, from the reference that carries it')
    .option('--from <remote>', 'with --from-ref: the remote that has it; without, the repository itself')
    .option('--takeover', 'with --from-ref: go on though the other machine said that it lives')
    .option('--budget <limit>', 'raise the most it may use up: 10usd, 5Mtok, or by so much: +5usd,+2Mtok')
    .option('--time <duration>', 'raise the most time it may take: 90m, 4h')
    .option('--gate <command>', 'another gate, while nothing has landed yet; none for no gate')
    .option('--retry <task>', 'try a failed or cancelled task again; may be given again', gather)
    .option('--with <hint>', 'with --retry: what the next attempt is told besides')
    .option('--no-record', 'a run that was recorded goes on without')
    .option('--board', 'show it on the whole terminal, as swarm board does; without, b and Enter does')
    .option('--now', 'after a used-up quota: do not wait until there is more, ask at once')
    .addOption(strictOption())
    .addOption(reportJsonOption())
    .addHelpText(
      'after',
      examples(
        'swarm resume',
        'swarm resume --budget +5usd --time 4h',
        'swarm resume --run r-20261121-k3f9 --retry t12',
      ),
    )
    .action((options) => exit(import('../commands/run.ts').then((m) => m.resume(options, context))));

  program
    .command('apply')
    .description('Fast-forward the target to what a finished run landed on its branch')
    .addOption(repoOption())
    .addOption(runOption())
    .option('--json', 'the outcome as JSON')
    .addHelpText(
      'after',
      examples('swarm apply', 'swarm apply --run r-20261121-k3f9', 'swarm apply --repo /srv/shop.git --json'),
    )
    .action((options) => exit(import('../commands/run.ts').then((m) => m.apply(options, context))));

  program
    .command('undo')
    .argument('[task]', 'such as t12')
    .description('Take a landing back, or all of a run, with a commit that passes the gate')
    .addOption(repoOption())
    .option('--run [id]', 'with a task: the run it is of; without one: take back the whole run')
    .option('--with-dependents', 'take back too what landed and depends on it')
    .option('--json', 'the outcome as JSON')
    .addHelpText(
      'after',
      examples('swarm undo t12', 'swarm undo t12 --with-dependents', 'swarm undo --run r-20261121-k3f9'),
    )
    .action((task, options) =>
      exit(import('../commands/undo.ts').then((m) => m.undo(task, options, context))),
    );
}

function addChecks(program: Program, context: Context, exit: Finish): void {
  program
    .command('verify')
    .description('Check the promises on a repository, from git and the journal alone')
    .addOption(repoOption())
    .addOption(runOption())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples('swarm verify', 'swarm verify --json', 'swarm verify --repo ../shop --run r-20261121-k3f9'),
    )
    .action((options) => exit(import('../commands/check.ts').then((m) => m.verify(options, context))));

  program
    .command('schema')
    .description('Print the JSON Schema of the log, the configuration, a task or a scripted model')
    .argument('<name>', 'log, config, task or script')
    .option('--json', 'it is JSON either way')
    .addHelpText(
      'after',
      examples('swarm schema config > swarm.schema.json', 'swarm schema log', 'swarm schema task'),
    )
    .action((name) => exit(import('../commands/check.ts').then((m) => m.schema(name, context))));
}
