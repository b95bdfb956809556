/** Gate and setup: what is configured, else what the target's own files say. */
import type { RunMode } from '@swarm/core/model/request';
import { type CheckoutFacts, Git } from '@swarm/git';
import { findOnPath } from '@swarm/sandbox';
import { detectCommands, type ListingReader } from '../config/detect.ts';
import type { Config } from '../config/resolved.ts';
import { sandboxPath } from '../places.ts';
import type { Context } from '../program/context.ts';

export interface Commands {
  readonly gate: string | undefined;
  readonly setup: string | undefined;
  readonly why: readonly string[];
}

/** What is configured wins; what is not is found in the target's own files. */
export async function detect(
  checkout: CheckoutFacts,
  config: Config,
  mode: RunMode,
  context: Context,
): Promise<Commands> {
  const command = config.gate.policy === 'none' ? 'none' : config.gate.command;
  // Nobody works on branches that are there: without a gate nothing is run, and nothing need be set up.
  if (command === 'none' && mode === 'land') return { gate: 'none', setup: 'none', why: [] };
  if (command !== undefined && config.setup !== undefined)
    return { gate: command, setup: config.setup, why: [] };
  if (!checkout.isRepository || !checkout.targetCommit)
    return { gate: command, setup: config.setup, why: [] };
  const found = await detectCommands(filesAt(checkout.commonDir, checkout.targetCommit));
  const setup = config.setup ?? (await runnable(found.setup, config, context));
  const why =
    setup === undefined && found.setup
      ? [...found.why, `no setup: ${found.setup.split(' ', 1)[0]} is not installed`]
      : found.why;
  return { gate: command ?? found.gate, setup, why };
}

/** A setup nobody asked for is only taken when its program is there for the sandbox to run. */
async function runnable(
  setup: string | undefined,
  config: Config,
  { env }: Context,
): Promise<string | undefined> {
  if (setup === undefined) return undefined;
  const folders = sandboxPath(env).filter(
    (f) => config.workers.sandbox === 'none' || /^\/(usr|bin|sbin)\b/.test(f),
  );
  return (await findOnPath(setup.split(' ', 1)[0]!, folders.join(':'))) ? setup : undefined;
}

function filesAt(gitDir: string, commit: string): ListingReader {
  const git = new Git();
  let listed: Promise<string[]> | undefined;
  const top = (): Promise<string[]> => {
    listed ??= git.records({ gitDir }, 'ls-tree', ['-z', '--name-only', '--full-tree', commit]);
    return listed;
  };
  const read = async (path: string): Promise<string | undefined> => {
    if (!(await top()).includes(path.split('/', 1)[0]!)) return undefined;
    const found = await git.run({ gitDir }, 'cat-file', ['blob', `${commit}:${path}`], {
      codes: [0, 128],
      maxBytes: 4 * 1024 * 1024,
    });
    return found.code === 0 ? found.stdout.toString('utf8') : undefined;
  };
  return { read, top, has: async (path) => (await read(path)) !== undefined };
}
