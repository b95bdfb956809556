/** The same work over many places: map. */

import { SANDBOX_WORDS } from '../config/sandbox-words.ts';
import type { Context } from './context.ts';
import { examples, type Finish, gather, type Program, wholeNumber } from './parts.ts';

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
    .option('--repo <path-or-url>', 'the repository; without it, the one you stand in')
    .option('--target <branch>', 'the branch the work is for')
    .option('--deliver <to>', 'branch, apply, push or pr')
    .option('--workers <n>', 'attempts that run at the same time', wholeNumber)
    .option(
      '--agent <names>',
      'who does the tasks: builtin, claude, codex …; more with commas stand in for it',
    )
    .option('--gate <command>', 'the command that must pass before a change lands; none for no gate')
    .option('--setup <command>', 'prepares the environment; none for no setup')
    .option('--sandbox <provider>', SANDBOX_WORDS)
    .option('--setup-network <whose>', 'base: only the base’s setup has network; work: that of work too')
    .option('--budget <limit>', 'the most it may use up: 5usd, 2Mtok, or both with a comma')
    .option('--time <duration>', 'the most time it may take: 90s, 30m, 2h')
    .option('--fix-red', 'begin though the gate fails on the base and nobody can tell its failures apart')
    .option('--approve', 'show the tasks, and start nothing before you say yes')
    .option('--yes', 'say yes to the tasks beforehand')
    .option('--dry-run', 'show the tasks and what would run, and start nothing')
    .option('--strict', 'exit 0 only when everything landed was also verified')
    .option('--trust-repo', 'trust what the repository configures, as it is now')
    .option('--json', 'the report as JSON')
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
