/** One run of the real program against a server of the eval, in a world that is gone afterwards. */
import { type Owner, World } from '@swarm/cli/test/world';
import type { Brain, Habit } from './server/habit.ts';
import { type ChatServer, startChatServer } from './server/server.ts';

export interface Setting {
  readonly files: Readonly<Record<string, string>>;
  /** Arguments of `swarm`. */
  readonly args: readonly string[];
  readonly brain: Brain;
  readonly habit?: Habit | undefined;
  /** The operator's configuration, TOML. */
  readonly config?: string | undefined;
}

export interface Played {
  readonly world: World;
  readonly server: ChatServer;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Gives what `look` makes of the run; world and server end whatever happens. */
export const played = <T>(setting: Setting, look: (played: Played) => Promise<T>): Promise<T> =>
  worldFor(setting.files, setting.config, async (world, owner) => {
    const server = await startChatServer(setting.brain, setting.habit);
    owner.after(server.close);
    const ended = await world.swarm(setting.args, { env: environmentFor(server) });
    return look({ world, server, ...ended });
  });

export const environmentFor = ({ url }: ChatServer): Record<string, string> => ({
  OPENAI_API_KEY: 'key',
  OPENAI_BASE_URL: url,
  SWARM_MODEL: 'test-model',
});

/** A world that is gone when `use` is over. @param config TOML of the operator's. */
export async function worldFor<T>(
  files: Setting['files'],
  config: string | undefined,
  use: (world: World, owner: Owner) => Promise<T>,
): Promise<T> {
  const steps: (() => Promise<void>)[] = [];
  const owner: Owner = { after: (step) => void steps.push(step) };
  try {
    const world = await World.with(owner, files);
    if (config) await world.configure(config);
    return await use(world, owner);
  } finally {
    for (const step of steps.reverse()) await step();
  }
}

/** Subjects of the commits that the only run landed, oldest first. */
export async function landedBy(world: World): Promise<readonly string[]> {
  const branch = await world.branch().catch(() => undefined);
  if (branch === undefined) return [];
  const log = await world.git('log', '--reverse', '--format=%s', `main..${branch}`).catch(() => '');
  return log.split('\n').filter(Boolean);
}
