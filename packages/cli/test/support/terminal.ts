/** The real program on a terminal of its own, as `script` of util-linux gives one: what it shows, what is typed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { MAIN } from './program.ts';
import type { World } from './world.ts';

/** Far above what any step takes; a hang ends the test instead of the suite. */
const PATIENCE_MS = 60_000;

const isThere = spawnSync('script', ['--version']).status === 0;
/** Without it there is no terminal to try things on: skipped aloud. */
export const onTerminal: { readonly skip?: string } = isThere
  ? {}
  : { skip: 'there is no `script` (util-linux) to make a terminal with' };

export interface Screen {
  /** Everything shown so far, both streams, as the terminal got it. */
  readonly text: () => string;
  readonly code: Promise<number | null>;
  /** Waits until this is shown after what was last waited for. */
  shows(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** Takes the terminal away, as closing its window does. */
  hangUp(): void;
}

/** @param inside what runs the program there, with the program's own words after it. */
export function startOnTerminal(
  world: World,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  inside: readonly string[] = [],
): Screen {
  const words = [...inside, process.execPath, '--conditions=swarm-src', MAIN, ...args];
  const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', `exec ${command}`, '/dev/null'], {
    cwd: world.repository,
    env: { ...world.environment(env), SHELL: '/bin/sh', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let from = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  child.stdin.on('error', () => undefined);
  return {
    text: () => text,
    code: once(child, 'close').then(([code]) => code as number | null),
    async shows(pattern) {
      const over = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const found = pattern.exec(text.slice(from));
        if (found) {
          from += found.index + found[0].length;
          return;
        }
        if (child.exitCode !== null) throw new Error(`ended without ${pattern}:\n${text.slice(from)}`);
        await once(child.stdout, 'data', { signal: over }).catch(() => {
          throw new Error(`no ${pattern} in ${PATIENCE_MS} ms:\n${text.slice(from)}`);
        });
      }
    },
    type: (keys) => void child.stdin.write(keys),
    hangUp: () => void child.kill('SIGKILL'),
  };
}

/** Resolves when a run that nobody sees any more has saved and its process is gone. */
export async function saved(world: World): Promise<void> {
  const log = world.start(['logs', '-f', '--event', 'run.stopped']);
  await log.line(/run\.stopped/);
  log.kill('SIGKILL');
  await log.ended;
  await world.until(() => world.strays().length === 0);
}
