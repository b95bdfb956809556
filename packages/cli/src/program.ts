/**
 * Every command in one place: its words, its flags, and the file that does it. A command's file is imported only
 * when it is asked for, so that help stays quick.
 */
import { Command, Option } from '@commander-js/extra-typings';
import type { Output } from './output.ts';
import type { Environment } from './paths.ts';

/** What the outside world gives a command; only main.ts reads it from the process. */
export interface Context {
  readonly cwd: string;
  readonly env: Environment;
  readonly output: Output;
  readonly isDebug: boolean;
}

/** Flags of every command that acts on a run; `run` names one, else the newest. */
export interface RunChoice {
  readonly repo?: string | undefined;
  readonly run?: string | undefined;
  readonly json?: true | undefined;
}

/** Flags of `swarm run`, as typed: configuration flags are checked by the schema, under their own names. */
export interface RunOptions {
  readonly repo?: string | undefined;
  readonly target?: string | undefined;
  readonly deliver?: string | undefined;
  readonly requestFile?: string | undefined;
  readonly plan?: string | undefined;
  /** Text where it is no whole number: the schema says so. */
  readonly workers?: number | string | undefined;
  readonly agent?: string | undefined;
  readonly gate?: string | undefined;
  readonly setup?: string | undefined;
  readonly sandbox?: string | undefined;
  readonly budget?: string | undefined;
  readonly time?: string | undefined;
  /** Begin although the gate fails on the base and its failures cannot be told apart. */
  readonly fixRed?: true | undefined;
  readonly approve?: true | undefined;
  readonly yes?: true | undefined;
  readonly dryRun?: true | undefined;
  readonly strict?: true | undefined;
  readonly trustRepo?: true | undefined;
  readonly json?: true | undefined;
}

export type ResumeOptions =
  | (RunChoice & { readonly strict?: true | undefined; readonly yes?: true | undefined })
  | undefined;
export interface CancelOptions extends RunChoice {
  readonly yes?: true | undefined;
}
export interface RetryOptions extends RunChoice {
  readonly with?: string | undefined;
}
export interface SubmitOptions extends RunChoice {
  readonly file?: string | undefined;
  readonly scope?: readonly string[] | undefined;
  /** Text where it is no whole number: the task's schema says so. */
  readonly priority?: number | string | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly acceptance?: string | undefined;
  readonly verify?: string | undefined;
}

/** Flags of `swarm land`; those it shares with `run` mean the same. */
export type LandOptions = Pick<
  RunOptions,
  'repo' | 'target' | 'deliver' | 'gate' | 'setup' | 'sandbox' | 'time' | 'trustRepo' | 'json'
> & {
  readonly from?: string | undefined;
};

export interface LogsOptions extends RunChoice {
  readonly follow?: true | undefined;
  readonly task?: string | undefined;
  readonly event?: string | undefined;
}
export interface ReportOptions extends RunChoice {
  readonly format?: 'md' | 'json' | undefined;
}
export interface DemoOptions {
  readonly keep?: true | undefined;
  readonly json?: true | undefined;
}
export interface UndoOptions extends Omit<RunChoice, 'run'> {
  /** `true`: the newest. */
  readonly run?: string | true | undefined;
  readonly withDependents?: true | undefined;
}
export type SchemaName = 'log' | 'config' | 'task';

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
    .addHelpText(
      'after',
      examples('swarm run "add input validation to every handler"', 'swarm status', 'swarm logs -f'),
    );
  const exit = (code: Exit): Promise<void> => code.then(done);
  addRun(program, context, exit);
  addSteering(program, context, exit);
  addLand(program, context, exit);
  addReads(program, context, exit);
  addChecks(program, context, exit);
  inherit(program as unknown as Command);
  return program as unknown as Command;
}

type Finish = (code: Exit) => Promise<void>;
type Program = Command<[], { color: boolean; debug?: true | undefined }>;

/** Subcommands fail as the program does: by throwing, with nothing printed; main.ts says it. */
function inherit(program: Command): void {
  for (const command of [program, ...program.commands] as Command[]) {
    command
      .exitOverride()
      .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
      .allowExcessArguments(false);
  }
}

function addRun(program: Program, context: Context, exit: Finish): void {
  program
    .command('run')
    .argument('[request...]', 'what you want done, in words')
    .description('Work out a request: plan it, do its tasks in parallel, land what passes the gate')
    .option('--repo <path-or-url>', 'the repository; without it, the one you stand in')
    .option('--target <branch>', 'the branch the work is for')
    .option('--deliver <to>', 'branch, apply, push or pr')
    .option('--request-file <file>', 'read the request from a file, - for standard input')
    .option('--plan <tasks.json>', 'take the tasks from a file (JSON or NDJSON) and ask no planner')
    .option('--workers <n>', 'attempts that run at the same time', wholeNumber)
    .option('--agent <name>', 'the driver that does the tasks')
    .option('--gate <command>', 'the command that must pass before a change lands; none for no gate')
    .option('--setup <command>', 'prepares the environment; none for no setup')
    .option('--sandbox <provider>', 'auto, bubblewrap, docker, none or command')
    .option('--budget <limit>', 'the most it may use up: 5usd, 2Mtok, or both with a comma')
    .option('--time <duration>', 'the most time it may take: 90s, 30m, 2h')
    .option('--fix-red', 'begin though the gate fails on the base and nobody can tell its failures apart')
    .option('--approve', 'show the plan, and start nothing before you say yes; a later plan goes ahead')
    .option('--yes', 'say yes to the plan beforehand')
    .option('--dry-run', 'show the plan and what would run, and start nothing; a planner is asked once')
    .option('--strict', 'exit 0 only when everything landed was also verified')
    .option('--trust-repo', 'trust what the repository configures, as it is now')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm run "port the tests from mocha to node:test" --workers 12',
        'swarm run --plan tasks.json --agent command --gate "make check"',
        'swarm run "make the build faster" --budget 5usd,2Mtok --time 2h',
      ),
    )
    .action((request, options) =>
      exit(import('./commands/run.ts').then((m) => m.run(request.join(' '), options, context))),
    );

  program
    .command('resume')
    .description('Go on with a run that was stopped or killed')
    .addOption(repoOption())
    .addOption(runOption())
    .option('--yes', 'say yes to a plan that waits for it')
    .option('--strict', 'exit 0 only when everything landed was also verified')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      examples('swarm resume', 'swarm resume --run r-20261121-k3f9', 'swarm resume --repo ../shop --json'),
    )
    .action((options) => exit(import('./commands/run.ts').then((m) => m.resume(options, context))));

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
    .action((options) => exit(import('./commands/run.ts').then((m) => m.apply(options, context))));

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
      exit(import('./commands/undo.ts').then((m) => m.undo(task, options, context))),
    );

  program
    .command('demo')
    .description('Show a whole run on a made-up repository, without a key or a network')
    .option('--keep', 'keep the repository and say where it is')
    .option('--json', 'the report as JSON')
    .addHelpText('after', examples('swarm demo', 'swarm demo --keep', 'swarm demo --json'))
    .action((options) => exit(import('./commands/demo.ts').then((m) => m.demo(options, context))));
}

function addSteering(program: Program, context: Context, exit: Finish): void {
  const steer = () => import('./commands/steer.ts');
  const steering = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .addOption(repoOption())
      .addOption(runOption())
      .option('--json', 'as JSON');

  steering('pause', 'Start nothing new; what is in flight goes on to its end')
    .addHelpText('after', examples('swarm pause', 'swarm pause --json', 'swarm pause --repo ../shop'))
    .action((options) => exit(steer().then((m) => m.pause(options, context))));

  steering('continue', 'End a pause')
    .addHelpText(
      'after',
      examples('swarm continue', 'swarm continue --json', 'swarm continue --repo ../shop'),
    )
    .action((options) => exit(steer().then((m) => m.goOn(options, context))));

  steering('cancel', 'Cancel a task and what waits for it, or the whole run')
    .argument('[task]', 'such as t12; without it, the whole run')
    .option('--yes', 'cancel the whole run without asking')
    .addHelpText('after', examples('swarm cancel t12', 'swarm cancel', 'swarm cancel --yes --json'))
    .action((task, options) => exit(steer().then((m) => m.cancel(task, options, context))));

  steering('retry', 'Try a failed or cancelled task again')
    .argument('<task>', 'such as t12')
    .option('--with <hint>', 'what the next attempt is told besides')
    .addHelpText(
      'after',
      examples(
        'swarm retry t12',
        'swarm retry t12 --with "the parser is in src/read.ts"',
        'swarm retry t12 --json',
      ),
    )
    .action((task, options) => exit(steer().then((m) => m.retry(task, options, context))));

  steering('submit', 'Give a live run one more task')
    .argument('[text]', 'its title, and on further lines what there is to say')
    .option('--file <tasks.json>', 'tasks in the format of --plan, - for standard input')
    .option('--scope <path>', 'a file or glob it will touch; may be given again', gather)
    .option('--priority <n>', '1 (most urgent) to 10', wholeNumber)
    .option('--depends-on <task>', 'what must have landed first; may be given again', gather)
    .option('--acceptance <text>', 'what must be true when it is done')
    .option('--verify <command>', 'exit 0 means it is done')
    .addHelpText(
      'after',
      examples(
        'swarm submit "Add a changelog"',
        "swarm submit 'Document the parser' --scope 'docs/**' --depends-on t3 --priority 2",
        'swarm submit --file more.json',
      ),
    )
    .action((text, options) => exit(steer().then((m) => m.submit(text, options, context))));

  steering('amend', 'Change the request of a live run: its planner reads it and plans again')
    .argument('<change>', 'in words')
    .addHelpText(
      'after',
      examples(
        'swarm amend "leave the parser alone"',
        'swarm amend "Windows too" --json',
        'swarm amend "and tests" --repo ../shop',
      ),
    )
    .action((text, options) => exit(steer().then((m) => m.amend(text, options, context))));

  steering('scale', 'Change how many attempts run at the same time')
    .argument('<workers>', '1 to 1000')
    .addHelpText('after', examples('swarm scale 16', 'swarm scale 1', 'swarm scale 4 --run r-20261121-k3f9'))
    .action((workers, options) => exit(steer().then((m) => m.scale(workers, options, context))));
}

function addLand(program: Program, context: Context, exit: Finish): void {
  program
    .command('land')
    .argument('<branches...>', 'names or globs; origin/x is what origin had when last fetched')
    .description('Land branches anyone made: each is merged, gated and published, in the order given')
    .option('--repo <path-or-url>', 'the repository; without it, the one you stand in')
    .option('--from <remote>', 'take the branches from a remote, as they are there now')
    .option('--target <branch>', 'the branch they are to land on')
    .option('--gate <command>', 'the command that must pass before a branch lands; none for no gate')
    .option('--setup <command>', 'prepares the environment; none for no setup')
    .option('--sandbox <provider>', 'auto, bubblewrap, docker, none or command')
    .option('--deliver <to>', 'branch, apply, push or pr')
    .option('--time <duration>', 'the most time it may take: 90s, 30m, 2h')
    .option('--trust-repo', 'trust what the repository configures, as it is now')
    .option('--json', 'the log’s lines, as they come, as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm land fix-login fix-logout',
        "swarm land 'feature/*' --from origin --deliver push",
        'swarm land origin/spike --target next --gate "make check"',
      ),
    )
    .action((branches, options) =>
      exit(import('./commands/land.ts').then((m) => m.land(branches, options, context))),
    );
}

function addReads(program: Program, context: Context, exit: Finish): void {
  const read = () => import('./commands/read.ts');
  const reading = (name: string, description: string) =>
    program.command(name).description(description).addOption(repoOption()).addOption(runOption());

  reading('status', 'Show where a run stands: what moves, what waits and why, what it has cost')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples('swarm status', 'swarm status --json', 'swarm status --run r-20261121-k3f9'),
    )
    .action((options) => exit(read().then((m) => m.status(options, context))));

  reading('tasks', 'List the tasks of a run with their states')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('swarm tasks', 'swarm tasks --json', 'swarm tasks --repo ../shop'))
    .action((options) => exit(read().then((m) => m.tasks(options, context))));

  reading('explain', 'Tell one task’s whole story as sentences')
    .argument('<task>', 'such as t12')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples('swarm explain t12', 'swarm explain t12 --json', 'swarm explain t3 --run r-20261121-k3f9'),
    )
    .action((task, options) => exit(read().then((m) => m.explain(task, options, context))));

  reading('logs', 'Print what happened, line by line')
    .option('-f, --follow', 'go on as it happens')
    .option('--task <id>', 'only what concerns one task')
    .option('--event <pattern>', 'only events of this name; * stands for anything')
    .option('--json', 'the lines as they stand in the file')
    .addHelpText(
      'after',
      examples('swarm logs -f', "swarm logs --event 'landing.*'", 'swarm logs --task t12 --json'),
    )
    .action((options) => exit(read().then((m) => m.logs(options, context))));

  reading('report', 'Show what a run did, with every figure counted from landed work')
    .addOption(new Option('--format <format>', 'how to show it').choices(['md', 'json'] as const))
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      examples('swarm report', 'swarm report --format json', 'swarm report --run r-20261121-k3f9'),
    )
    .action((options) => exit(read().then((m) => m.report(options, context))));
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
    .action((options) => exit(import('./commands/check.ts').then((m) => m.verify(options, context))));

  program
    .command('schema')
    .description('Print the JSON Schema of the log, the configuration or a task')
    .argument('<name>', 'log, config or task')
    .addHelpText(
      'after',
      examples('swarm schema config > swarm.schema.json', 'swarm schema log', 'swarm schema task'),
    )
    .action((name) => exit(import('./commands/check.ts').then((m) => m.schema(name, context))));
}

/** What is no whole number is kept as typed, so that the refusal can show it. */
const wholeNumber = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
/** A flag that may be given again. */
const gather = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
const repoOption = () => new Option('--repo <path>', 'the repository; without it, the one you stand in');
const runOption = () => new Option('--run <id>', 'the run; without it, the newest');

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
