/** Commands that other programs start and speak with over stdin and stdout: acp, mcp. */
import type { Context } from './context.ts';
import { examples, type Finish, type Program, repoOption, runOption } from './parts.ts';

export function addProtocols(program: Program, version: string, context: Context, exit: Finish): void {
  program
    .command('acp')
    .description('Be an agent of the Agent Client Protocol: an editor starts runs with it and watches them')
    .addHelpText('after', examples('swarm acp   # as the command of an agent, in the editor’s settings'))
    .action(() => exit(import('../commands/acp.ts').then((m) => m.acp(version, context))));

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
