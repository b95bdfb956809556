/** In and out of a forge: issue, pr, watch. */

import type { Context } from './context.ts';
import { examples, type Finish, type Program, repoOption, runOption, wholeNumber } from './parts.ts';
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

export function addForge(program: Program, context: Context, exit: Finish): void {
  program
    .command('issue')
    .argument('<issue>', 'its number, or its address')
    .description('Work out an issue of GitHub or GitLab: a run whose request is what it asks for')
    .addOption(anyRepoOption())
    .addOption(targetOption())
    .addOption(deliverOption())
    .addOption(stackOption())
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
    .addOption(strictOption())
    .addOption(trustRepoOption())
    .addOption(reportJsonOption())
    .addHelpText(
      'after',
      examples(
        'swarm issue 12 --deliver pr',
        'swarm issue https://github.com/acme/shop/issues/12 --approve',
        'swarm issue 12 --dry-run',
      ),
    )
    .action((asked, options) =>
      exit(import('../commands/issue.ts').then((m) => m.issue(asked, options, context))),
    );

  program
    .command('pr')
    .description('Open the pull request of a run, or bring the one that is open up to date')
    .addOption(repoOption())
    .addOption(runOption())
    .option('--stack', 'a pull request for each task, each on the one it depends on')
    .option('--address', 'what reviewers with write access ask for becomes tasks of a run on its branch')
    .option('--until-green', 'wait for its checks; those that fail become tasks, at most three times')
    .option('--wait <duration>', 'with --until-green: how long checks are waited for; 1h without it')
    .option('--agent <names>', 'with --address or --until-green: who does the tasks')
    .option('--gate <command>', 'with --address or --until-green: another gate than the run’s')
    .option('--json', 'the outcome as JSON')
    .addHelpText(
      'after',
      examples('swarm pr', 'swarm pr --address', 'swarm pr --until-green --run r-20261121-k3f9'),
    )
    .action((options) => exit(import('../commands/pr.ts').then((m) => m.pr(options, context))));

  program
    .command('watch')
    .description('Take issues with a label as they come: one run at a time, until it is stopped')
    .option('--label <name>', 'the label; swarm without it')
    .option('--every <duration>', 'how often is looked for new ones; 2m without it')
    .option('--max <n>', 'end after so many issues', wholeNumber)
    .option('--once', 'end when there is none left')
    .option('--budget <limit>', 'the most each issue may use up: 5usd, 2Mtok, or both with a comma')
    .option('--time <duration>', 'the most time each issue may take: 90s, 30m, 2h')
    .addOption(anyRepoOption())
    .addOption(targetOption())
    .option('--deliver <to>', 'branch, apply, push or pr; pr without it')
    .option('--solo', 'one worker does a whole issue as one task; no planner is asked')
    .addOption(workersOption())
    .addOption(agentOption())
    .addOption(gateOption())
    .addOption(setupOption())
    .addOption(sandboxOption())
    .addOption(reviewersOption())
    .addOption(trustRepoOption())
    .addHelpText(
      'after',
      examples(
        'swarm watch --budget 5usd --time 2h',
        'swarm watch --label swarm --max 3 --once --budget 2Mtok',
        'swarm watch --every 10m --time 1h --agent claude',
      ),
    )
    .action((options) => exit(import('../commands/watch.ts').then((m) => m.watch(options, context))));
}
