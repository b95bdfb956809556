/** Commands that other programs start and speak with over stdin and stdout: acp, mcp. */
import type { Context } from './context.ts';
import { examples, type Finish, type Program, repoOption, runOption, wholeNumber } from './parts.ts';

export function addProtocols(program: Program, version: string, context: Context, exit: Finish): void {
  program
    .command('acp')
    .description('Be an agent of the Agent Client Protocol: an editor starts runs with it and watches them')
    .option('--workers <n>', 'attempts that run at the same time', wholeNumber)
    .option('--agent <name>', 'the driver that does the tasks')
    .option('--budget <limit>', 'the most each run may use up: 5usd, 2Mtok, or both with a comma')
    .option('--time <duration>', 'the most time each run may take: 90s, 30m, 2h')
    .addHelpText(
      'after',
      examples('swarm acp', 'swarm acp --workers 4 --budget 5usd', 'swarm acp --agent command --time 1h'),
    )
    .action((options) => exit(import('../commands/acp.ts').then((m) => m.acp(options, version, context))));

  program
    .command('mcp')
    .description('Be a server of the Model Context Protocol: its client watches runs and steers them')
    .addOption(repoOption())
    .addOption(runOption())
    .addHelpText(
      'after',
      examples('swarm mcp', 'swarm mcp --repo /srv/shop', 'swarm mcp --run r-20261121-k3f9'),
    )
    .action((options) => exit(import('../commands/mcp.ts').then((m) => m.mcp(options, version, context))));
}
