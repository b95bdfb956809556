/** Commands that look at runs side by side: compare, replay. */
import type { Context } from './context.ts';
import { examples, type Finish, type Program, repoOption, wholeNumber } from './parts.ts';

export function addTuning(program: Program, context: Context, exit: Finish): void {
  program
    .command('compare')
    .argument('<runs...>', 'two or more runs of one request')
    .description('Compare runs by agent, model and prompt: what landed, and what a landing took')
    .addOption(repoOption())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm compare r-20261121-k3f9 r-20261122-p7aa',
        'swarm compare r-20261121-k3f9 r-20261122-p7aa --json',
        'swarm compare r-20261121-k3f9 r-20261122-p7aa --repo ../shop',
      ),
    )
    .action((runs, options) =>
      exit(import('../commands/compare.ts').then((m) => m.compare(runs, options, context))),
    );

  program
    .command('replay')
    .argument('<run>', 'a run whose planner is asked anew')
    .description(
      'Ask the planner anew on a recorded run’s states, with other prompts, and show how its plans differ',
    )
    .addOption(repoOption())
    .option('--prompts <folder>', 'prompts to try; without it, .swarm/prompts')
    .option('--iteration <n>', 'only this iteration', wholeNumber)
    .option('--yes', 'it costs tokens: say yes beforehand')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm replay r-20261121-k3f9 --prompts tried',
        'swarm replay r-20261121-k3f9 --iteration 1 --yes',
        'swarm replay r-20261121-k3f9 --prompts tried --yes --json',
      ),
    )
    .action((run, options) =>
      exit(import('../commands/replay.ts').then((m) => m.replay(run, options, context))),
    );
}
