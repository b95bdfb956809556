/** Commands that show runs and what came of them: runs, status, board, tasks, explain, logs, events, serve, report, diff, checkout, transcript. */
import { Option } from '@commander-js/extra-typings';
import type { Context } from './context.ts';
import type { RunChoice } from './options.ts';
import { examples, type Finish, gather, type Program, repoOption, runOption, wholeNumber } from './parts.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export function addReads(program: Program, context: Context, exit: Finish): void {
  const read = () => import('../commands/read.ts');
  const reading = (name: string, description: string) =>
    program.command(name).description(description).addOption(repoOption()).addOption(runOption());

  program
    .command('runs')
    .description('List every run of the repository, the newest last')
    .addOption(repoOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples('swarm runs', 'swarm runs --json', 'swarm runs --repo ../shop'))
    .action((options) => exit(import('../commands/runs.ts').then((m) => m.runs(options, context))));

  reading('status', 'Show where a run stands: what moves, what waits and why, what it has cost')
    .option('--json', 'as JSON')
    .addOption(
      new Option('--metrics', 'as Prometheus text, for a textfile collector').conflicts(['json', 'watch']),
    )
    .option('--watch', 'until the run ends, with its exit code; with --json a line for each change')
    .addHelpText(
      'after',
      examples('swarm status', 'swarm status --watch', 'swarm status --run r-20261121-k3f9 --json'),
    )
    .action((options) => exit(statusBy(options, context)));

  program
    .command('board')
    .argument('[run]', 'the run; without it, the newest')
    .description('Watch and steer a run on the whole terminal, live or over; ? shows the keys')
    .addOption(repoOption())
    .addOption(runOption())
    .option('--plain', 'one line for each thing that happens: for screen readers, and for files')
    .addHelpText('after', examples('swarm board', 'swarm board r-20261121-k3f9', 'swarm board --plain'))
    .action((run, options) =>
      exit(import('../commands/board.ts').then((m) => m.board(run, options, context))),
    );

  reading('tasks', 'List the tasks of a run with their states')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('swarm tasks', 'swarm tasks --json', 'swarm tasks --repo ../shop'))
    .action((options) => exit(read().then((m) => m.tasks(options, context))));

  reading('explain', 'Tell one task’s whole story as sentences, or whose a line is')
    .argument('<task>', 'such as t12; a line: src/a.ts:12')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples('swarm explain t12', 'swarm explain src/a.ts:12', 'swarm explain t3 --run r-20261121-k3f9'),
    )
    .action((task, options) => exit(read().then((m) => m.explain(task, options, context))));

  reading('logs', 'Print what happened, line by line')
    .option('-f, --follow', 'go on as it happens, until the run is over')
    .option('--task <id>', 'only what concerns one task')
    .option('--event <pattern>', 'only events of this name; * stands for anything')
    .addOption(new Option('--level <level>', 'this level and worse').choices(LEVELS))
    .option('--since <when>', 'not before: 10m, 2h, or a time such as 2026-11-21T10:00:00Z')
    .option('--json', 'the lines as they stand in the file')
    .addHelpText(
      'after',
      examples('swarm logs -f', "swarm logs --event 'landing.*'", 'swarm logs --task t12 --json'),
    )
    .action((options) => exit(import('../commands/logs.ts').then((m) => m.logs(options, context))));

  reading('events', 'Print what was decided and what workers announce, by topic, and as it happens')
    .option('-f, --follow', 'go on as it happens, until the run is over')
    .option('--topic <topic>', 'only run, task, worker, landing or notes; may be given again', gather)
    .option('--from <seq>', 'only decisions from this entry of the journal on', wholeNumber)
    .option('--json', 'one JSON document a line')
    .addHelpText(
      'after',
      examples('swarm events -f', 'swarm events -f --topic landing --json', 'swarm events --from 120'),
    )
    .action((options) => exit(import('../commands/events.ts').then((m) => m.events(options, context))));

  program
    .command('serve')
    .description('Serve every run of the repository over HTTP, for pages and programs on this machine')
    .addOption(repoOption())
    .option('--port <n>', 'the port; 0 for a free one (default: 7420)', wholeNumber)
    .option('--host <address>', 'an address or name of this machine (default: 127.0.0.1, this machine alone)')
    .option('--bridge', 'also serve workers of any kind, and whoever calls them: docs/wire.md')
    .option('--open-bridge', 'as --bridge, without the token, to this machine alone')
    .option(
      '--worker-token <name>',
      'print what lets a worker be that one on the bridge and no more, and end',
    )
    .option('--nats <url>', 'offer runs of the repository the hosts at this message server: docs/mesh.md')
    .option('--nats-creds <file>', 'who their home is to the message server')
    .option('--nats-ca <file>', 'the certificate authority of the message server')
    .option('--nats-cert <file>', 'our own certificate, where the message server wants one')
    .option('--nats-key <file>', 'the key of that certificate')
    .option('--json', 'the link and the token as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm serve',
        'swarm serve --bridge --port 9002',
        'swarm serve --bridge --nats tls://10.0.0.5:4222 --nats-creds home.seed --nats-ca ca.pem',
      ),
    )
    .action((options) => exit(import('../commands/serve.ts').then((m) => m.serve(options, context))));

  reading('report', 'Show what a run did, with every figure counted from landed work')
    .addOption(new Option('--format <format>', 'how to show it').choices(['md', 'json', 'html'] as const))
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      examples(
        'swarm report',
        'swarm report --format html > report.html',
        'swarm report --run r-20261121-k3f9',
      ),
    )
    .action((options) => exit(read().then((m) => m.report(options, context))));

  reading('diff', 'Show what a task changed, landed or not, as a patch')
    .argument('<task>', 'such as t12; one attempt at it: t12.2')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples('swarm diff t12', 'swarm diff t12.1', 'swarm diff t12 --run r-20261121-k3f9 > t12.patch'),
    )
    .action((task, options) =>
      exit(import('../commands/work.ts').then((m) => m.diff(task, options, context))),
    );

  reading('checkout', 'Put a task’s work on a branch, or in a work tree, of its own')
    .argument('<task>', 'such as t12; one attempt at it: t12.2')
    .argument('[folder]', 'a new folder for a work tree; without it, only the branch is made')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples('swarm checkout t12', 'swarm checkout t12 ../shop-t12', 'swarm checkout t12.1 --json'),
    )
    .action((task, folder, options) =>
      exit(import('../commands/work.ts').then((m) => m.checkout(task, folder, options, context))),
    );

  reading('transcript', 'Print what an attempt’s agent said and did')
    .argument('<task>', 'such as t12, for its last attempt; another: t12.1')
    .option('--json', 'the lines as they stand in the file')
    .addHelpText(
      'after',
      examples('swarm transcript t12', 'swarm transcript t12.1 | less', 'swarm transcript t12 --json'),
    )
    .action((task, options) =>
      exit(import('../commands/transcript.ts').then((m) => m.transcript(task, options, context))),
    );
}

function statusBy(
  options: RunChoice & { readonly metrics?: true; readonly watch?: true },
  context: Context,
): Promise<number> {
  if (options.metrics)
    return import('../commands/status-metrics.ts').then((m) => m.statusMetrics(options, context));
  if (options.watch)
    return import('../commands/status-watch.ts').then((m) => m.statusWatch(options, context));
  return import('../commands/status.ts').then((m) => m.status(options, context));
}
