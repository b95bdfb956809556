/** The same work over many places: map. */

import type { Context } from './context.ts';
import { examples, type Finish, gather, type Program } from './parts.ts';
import {
  agentOption,
  anyRepoOption,
  budgetOption,
  deliverOption,
  fixRedOption,
  gateOption,
  reportJsonOption,
  sandboxOption,
  setupNetworkOption,
  setupOption,
  targetOption,
  timeOption,
  trustRepoOption,
  workersOption,
} from './run-options.ts';

export function addMap(program: Program, context: Context, exit: Finish): void {
  program
    .command('map')
    .argument('<prompt>', 'what is wanted at each place; {place} stands for it')
    .description(
      'Do the same at many places, a task each; then, if asked, make one answer of what came of them',
    )
    .option(
      '--over <glob>',
      'the files of the target it matches; with / at its end, folders; may be given again',
      gather,
    )
    .option('--over-file <list>', 'places from a file, a path a line; - for standard input')
    .option('--reduce <prompt>', 'one answer at the end, from all handoffs, and from what failed')
    .option('--ask', 'ask something of each place, and change nothing')
    .option('--verify <command>', 'each place’s own check; {place} stands for it, quoted')
    .addOption(anyRepoOption())
    .addOption(targetOption())
    .addOption(deliverOption())
    .addOption(workersOption())
    .addOption(agentOption())
    .addOption(gateOption())
    .addOption(setupOption())
    .addOption(sandboxOption())
    .addOption(setupNetworkOption())
    .addOption(budgetOption())
    .addOption(timeOption())
    .addOption(fixRedOption())
    .option('--approve', 'show the tasks, and start nothing before you say yes')
    .option('--yes', 'say yes to the tasks beforehand')
    .option('--dry-run', 'show the tasks and what would run, and start nothing')
    .option('--strict', 'exit 0 only when everything landed was also verified')
    .addOption(trustRepoOption())
    .addOption(reportJsonOption())
    .addHelpText(
      'after',
      examples(
        "swarm map 'replace moment by Temporal in {place}' --over 'src/**/*.ts' --verify 'make check'",
        "swarm map 'what may go wrong in {place}?' --ask --over 'packages/*/' --reduce 'the ten worst, by package'",
        "swarm map 'do what the TODOs of {place} say' --over-file places.txt --workers 12",
      ),
    )
    .action((prompt, options) =>
      exit(import('../commands/map.ts').then((m) => m.map(prompt, options, context))),
    );
}
