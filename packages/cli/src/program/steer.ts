/** Commands for a live run: pause, continue, cancel, retry, tell, submit, amend, prioritise, scale, budget. */

import type { Context } from './context.ts';
import { examples, type Finish, gather, type Program, repoOption, runOption, wholeNumber } from './parts.ts';

export function addSteering(program: Program, context: Context, exit: Finish): void {
  const steer = () => import('../commands/steer.ts');
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

  steering('cancel', 'Cancel a task and what waits for it, or a whole run, live or left')
    .argument('[task]', 'such as t12; without it, the whole run')
    .option('--yes', 'cancel the whole run without asking')
    .addHelpText(
      'after',
      examples('swarm cancel t12', 'swarm cancel --yes', 'swarm cancel --run r-20261121-k3f9'),
    )
    .action((task, options) =>
      exit(import('../commands/cancel.ts').then((m) => m.cancel(task, options, context))),
    );

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

  steering('tell', 'Say something to whoever works on a task')
    .argument('<task>', 'such as t12')
    .argument('<text>', 'in words; later attempts are told it too')
    .addHelpText(
      'after',
      examples(
        'swarm tell t12 "keep the old names as aliases"',
        'swarm tell t12 "the fixture is in test/data" --json',
        'swarm tell t3 "leave the lockfile" --run r-20261121-k3f9',
      ),
    )
    .action((task, text, options) => exit(steer().then((m) => m.tell(task, text, options, context))));

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

  steering('amend', 'Change the request of a live run: see what it changes in the plan, and say yes')
    .argument('<change>', 'in words')
    .option('--yes', 'apply it without asking')
    .addHelpText(
      'after',
      examples(
        'swarm amend "leave the parser alone"',
        'swarm amend "Windows too" --yes',
        'swarm amend "and tests" --json',
      ),
    )
    .action((text, options) =>
      exit(import('../commands/amend.ts').then((m) => m.amend(text, options, context))),
    );

  steering('prioritise', 'Say what is worked on first: the ready queue follows, what lands keeps its order')
    .argument('<task>', 'such as t12')
    .argument('[place]', '1 (most urgent) to 10, first or last', 'first')
    .addHelpText(
      'after',
      examples('swarm prioritise t12', 'swarm prioritise t12 last', 'swarm prioritise t12 2'),
    )
    .action((task, place, options) => exit(steer().then((m) => m.prioritise(task, place, options, context))));

  steering('scale', 'Change how many attempts run at the same time, of all or of one role')
    .argument('<workers>', '1 to 1000, or the name of a role')
    .argument('[of-role]', '1 to 1000, after a role')
    .option('--replicas <n>', 'the same number after a role, as other tools have it')
    .addHelpText(
      'after',
      examples('swarm scale 16', 'swarm scale reviewer 2', 'swarm scale coder --replicas 3'),
    )
    .action((workers, ofRole, options) =>
      exit(steer().then((m) => m.scale([workers, ofRole ?? options.replicas], options, context))),
    );

  steering('notes', 'Show the notes the run’s workers share, or set one')
    .argument('[set]', 'the word set')
    .argument(
      '[key]',
      'such as "src/parser: quoting": one that begins with a path concerns whoever works there',
    )
    .argument('[text]', 'in words; empty takes it away')
    .addHelpText(
      'after',
      examples('swarm notes', 'swarm notes set "names" "say colour, not color"', 'swarm notes --json'),
    )
    .action((set, key, text, options) =>
      exit(import('../commands/notes.ts').then((m) => m.notes({ set, key, text }, options, context))),
    );

  steering('budget', 'Raise the limits of a live run: more to spend, or more time')
    .argument('[limit]', 'as --budget of swarm run: 10usd, 5Mtok; or so much more: +5usd,+2Mtok')
    .option('--time <duration>', 'the most time it may take in all: 90m, 4h')
    .addHelpText(
      'after',
      examples(
        'swarm budget 10usd',
        'swarm budget 10usd,5Mtok --time 4h',
        'swarm budget --time 4h --run r-20261121-k3f9',
      ),
    )
    .action((limit, options) => exit(steer().then((m) => m.budget(limit, options, context))));
}
