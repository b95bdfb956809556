/** Workers and orchestrators as other people write them: programs of their own, in Node and in Python. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { type Site, servedBy } from './served.ts';
import type { World } from './world.ts';

export const EXAMPLES = join(import.meta.dirname, '../../../../infra/examples');

export interface Foreign {
  /** The next line that matches; rejects when it ends without one. */
  line(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Ended with the test. */
export function foreign(
  t: TestContext,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Foreign {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, PYTHONUNBUFFERED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      wake.resolve();
      wake = Promise.withResolvers();
    });
  const ended = once(child, 'close').then(([code]) => {
    isOver = true;
    wake.resolve();
    return { code: code as number | null, output: lines.join('\n') };
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let read = 0;
  return {
    async line(pattern) {
      for (;;) {
        while (read < lines.length) {
          const line = lines[read++]!;
          if (pattern.test(line)) return line;
        }
        if (isOver) throw new Error(`it ended without a line like ${pattern}:\n${lines.join('\n')}`);
        await wake.promise;
      }
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

export const bridgeOf = (t: TestContext, world: World, ...args: string[]): Promise<Site> =>
  servedBy(t, world.start(['serve', '--bridge', '--port', '0', '--json', ...args]));

export const node = (t: TestContext, site: Site, script: string, ...args: string[]): Foreign =>
  foreign(t, process.execPath, [join(EXAMPLES, script), '--url', site.url, ...args], tokenOf(site));

export const python = (t: TestContext, site: Site, ...args: string[]): Foreign =>
  foreign(t, 'python3', [join(EXAMPLES, 'worker.py'), '--url', site.url, ...args], tokenOf(site));

const tokenOf = ({ token }: Site) => ({ SWARM_BRIDGE_TOKEN: token });
