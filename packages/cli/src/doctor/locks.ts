/** Who works on the repository, and lock files of git's that somebody left: with one, nothing can be landed. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { durationText } from '@swarm/core/views/words';
import type { Holder } from '../finding/opened-run.ts';
import { shellWord } from '../telling/shell.ts';
import { type Check, failed, note, ok } from './check.ts';

/** Git holds a lock for moments; one this old belongs to nobody. */
const STALE_MS = 60_000;

export interface LockFacts {
  readonly holder: (Holder & { readonly run: string }) | undefined;
  /** Lock files in the way of a landing, with their age. */
  readonly left: readonly { readonly path: string; readonly ageMs: number }[];
}

/** @param target the branch whose reference landings would move. */
export async function leftLocks(
  gitDir: string,
  commonDir: string,
  target: string,
  now: number,
): Promise<LockFacts['left']> {
  const paths = [
    join(gitDir, 'index.lock'),
    join(gitDir, 'HEAD.lock'),
    join(commonDir, 'packed-refs.lock'),
    join(commonDir, 'config.lock'),
    join(commonDir, 'refs', 'heads', `${target}.lock`),
  ];
  const found = await Promise.all(
    paths.map(async (path) => {
      const facts = await stat(path).catch(() => undefined);
      return facts ? [{ path, ageMs: Math.max(0, now - facts.mtimeMs) }] : [];
    }),
  );
  return found.flat();
}

export function lockChecks({ holder, left }: LockFacts): readonly Check[] {
  const stale = left.filter((lock) => lock.ageMs >= STALE_MS);
  const held = holder
    ? note('locks', `process ${holder.pid} works on ${holder.run}: swarm status`)
    : ok('locks', 'nobody works on this repository');
  return [
    ...(stale.length === 0 ? [held] : []),
    ...stale.map(({ path, ageMs }) =>
      failed('locks', {
        code: 'SW0702',
        what: `a lock file of git’s was left ${durationText(ageMs)} ago`,
        where: path,
        why: 'git refuses to write while it is there',
        fix: `rm ${shellWord(path)}   # where no git is running`,
      }),
    ),
  ];
}
