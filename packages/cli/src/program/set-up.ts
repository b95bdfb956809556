/** Commands for the first contact and for tidying up: demo, init, doctor, prompts, play, clean, completion. */
import { Argument, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { Context } from './context.ts';
import { examples, type Finish, type Program, repoOption, wholeNumber } from './parts.ts';

export function addSetUp(program: Program, context: Context, exit: Finish): void {
  addDemo(program, context, exit);
  addInit(program, context, exit);
  addDoctor(program, context, exit);
  addPrompts(program, context, exit);
  addPlay(program, context, exit);
  addClean(program, context, exit);
  addCompletion(program, context, exit);
}

function addDemo(program: Program, context: Context, exit: Finish): void {
  program
    .command('demo')
    .description('Show a whole run on a made-up repository, without a key or a network')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      examples('swarm demo', 'swarm demo --json', 'swarm demo 2>/dev/null   # only what came of it'),
    )
    .action((options) => exit(import('../commands/demo.ts').then((m) => m.demo(options, context))));
}

function addPlay(program: Program, context: Context, exit: Finish): void {
  program
    .command('play')
    .argument('<answers.json>', 'what the model says to whom; its format: swarm schema script')
    .description('Serve a file of answers as a model: no key, no network, nothing to pay')
    .option('--port <n>', 'where to listen on 127.0.0.1; without it, a free port', wholeNumber)
    .option('--json', 'the address as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm play answers.json',
        'swarm play answers.json --port 4400',
        'swarm play answers.json --json',
      ),
    )
    .action((file, options) =>
      exit(import('../commands/play.ts').then((m) => m.play(file, options, context))),
    );
}

function addInit(program: Program, context: Context, exit: Finish): void {
  program
    .command('init')
    .description('Write a commented swarm.toml for a repository, with gate and setup as they are found')
    .addOption(repoOption())
    .option('--yes', 'ask nothing and take what was found')
    .option('--force', 'replace the swarm.toml that is there')
    .option('--run-gate', 'run setup and gate once on the base, in a clone')
    .option('--json', 'what was written as JSON')
    .addHelpText(
      'after',
      examples('swarm init', 'swarm init --yes --run-gate', 'swarm init --repo ../shop --force'),
    )
    .action((options) => exit(import('../commands/init.ts').then((m) => m.init(options, context))));
}

function addDoctor(program: Program, context: Context, exit: Finish): void {
  program
    .command('doctor')
    .description('Look at everything a run needs: git, sandbox, keys, endpoints, gate, disk, locks')
    .addOption(repoOption())
    .option('--config', 'show every key of the configuration and where its value comes from')
    .option('--run-gate', 'run setup and gate once on the base, in a clone')
    .option('--yes', 'ask nothing: make one call to each endpoint, which may cost a few tokens')
    .option('--sandbox', 'try attacks on the sandbox, each first where it should work')
    .option('--agents', 'instead: make one real edit with each agent that is found, with a scripted model')
    .option(
      '--fix-agents [names]',
      'instead: install agents that are not found from npm, for swarm alone; without names, all',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm doctor --run-gate',
        'swarm doctor --fix-agents claude,codex --agents',
        'swarm doctor --config --json',
      ),
    )
    .action((options) => exit(import('../commands/doctor.ts').then((m) => m.doctor(options, context))));
}

function addClean(program: Program, context: Context, exit: Finish): void {
  program
    .command('clean')
    .description('Remove what finished runs left: clones, intakes, references, old environments')
    .addOption(repoOption())
    .option('--runs', 'remove records of finished runs too: journal, log, transcripts, report')
    .option('--keep <n>', 'with --runs: the newest runs that stay', wholeNumber, 10)
    .option(
      '--older-than <duration>',
      'environments and runs not used, and agents installed, for longer than this',
      '14d',
    )
    .option('--dry-run', 'only show what would go')
    .option('--yes', 'ask nothing')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples('swarm clean', 'swarm clean --dry-run', 'swarm clean --runs --keep 20 --older-than 30d --yes'),
    )
    .action((options) => exit(import('../commands/clean.ts').then((m) => m.clean(options, context))));
}

function addPrompts(program: Program, context: Context, exit: Finish): void {
  program
    .command('prompts')
    .argument('<what>', 'list, show, check or diff')
    .argument('[names...]', 'prompts, such as worker; for diff also two hashes')
    .description('Show what models are told, check it, and compare versions of it')
    .addOption(repoOption())
    .addOption(
      new Option('--run <id>', 'for diff, twice: the runs whose prompts are compared').argParser(
        (id: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), id],
      ),
    )
    .option(
      '--rendered',
      'for show: as a model sees it; planner: what a run here would send, the others with each hole’s name',
    )
    .option('--request <text>', 'for show planner --rendered: the request of that run')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm prompts list',
        'swarm prompts show planner --rendered --request "Add a dark mode"',
        'swarm prompts diff --run r-20261121-k3f9 --run r-20261122-m2qa',
      ),
    )
    .action((what, names, options) =>
      exit(import('../commands/prompts.ts').then((m) => m.prompts(what, names, options, context))),
    );
}

function addCompletion(program: Program, context: Context, exit: Finish): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish'] as const))
    .description('Print a script that completes commands, flags and tasks in your shell')
    .addHelpText(
      'after',
      examples(
        'swarm completion bash > ~/.local/share/bash-completion/completions/swarm',
        'swarm completion zsh > ~/.zfunc/_swarm',
        'swarm completion fish > ~/.config/fish/completions/swarm.fish',
      ),
    )
    .action((shell) =>
      exit(
        import('../commands/completion.ts').then((m) =>
          m.completion(shell, program as unknown as CommandUnknownOpts, context),
        ),
      ),
    );
}
