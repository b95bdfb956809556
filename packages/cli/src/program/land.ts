/** Commands for branches: land. */

import { SANDBOX_WORDS } from '../config/sandbox-words.ts';
import type { Context } from './context.ts';
import { examples, type Finish, type Program } from './parts.ts';

export function addLand(program: Program, context: Context, exit: Finish): void {
  program
    .command('land')
    .argument('<branches...>', 'names or globs; origin/x is what origin had when last fetched')
    .description(
      'Land branches anyone made: each is merged, gated and published, in the order given, but behind those it is built on',
    )
    .option('--repo <path-or-url>', 'the repository; without it, the one you stand in')
    .option('--from <remote>', 'take the branches from a remote, as they are there now')
    .option('--target <branch>', 'the branch they are to land on')
    .option('--gate <command>', 'the command that must pass before a branch lands; none for no gate')
    .option('--setup <command>', 'prepares the environment; none for no setup')
    .option('--sandbox <provider>', SANDBOX_WORDS)
    .option('--setup-network <whose>', 'base: only the base’s setup has network; work: that of work too')
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
      exit(import('../commands/land.ts').then((m) => m.land(branches, options, context))),
    );
}
