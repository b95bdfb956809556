/** One run of the real program against a server of the eval, in a world that is gone afterwards. */
import { World } from '@swarm/cli/test/world';
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
  /** Name the endpoint is asked for. */
  readonly model?: string | undefined;
}

export interface Played {
  readonly world: World;
  readonly server: ChatServer;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Gives what `look` makes of the run; world and server end whatever happens. */
export async function played<T>(setting: Setting, look: (played: Played) => Promise<T>): Promise<T> {
  const steps: (() => Promise<void>)[] = [];
  try {
    const world = await World.with({ after: (step) => void steps.push(step) }, setting.files);
    if (setting.config) await world.configure(setting.config);
    const server = await startChatServer(setting.brain, setting.habit);
    steps.push(server.close);
    const env = {
      ...{ OPENAI_API_KEY: 'key', OPENAI_BASE_URL: server.url },
      SWARM_MODEL: setting.model ?? 'test-model',
    };
    const ended = await world.swarm(setting.args, { env });
    return await look({ world, server, ...ended });
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
