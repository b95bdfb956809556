/**
 * `swarm land --from origin 'work/*' --gate none --deliver push` as a user types it, from the start of the program to
 * its end, on a bare origin on the same disk: nothing is left out. Beside it the floor: git alone, one process for each
 * merge and each commit, and one push. All landings are looked for at the origin. Each is done three times, in turn, and
 * the middle one is told: the first of them reads program and git from the disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { git, makeOrigin } from './landing-repo.ts';
import { installed, measured, type Started, startedBy, type, type Used, userAt } from './typed.ts';
import { median } from './workers/paired.ts';

const FILES = 2_000;
const BRANCHES = 200;
const TIMES = 3;
const WORDS = ['land', '--from', 'origin', 'work/*', '--gate', 'none', '--deliver', 'push'];

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    const main = await installed(join(folder, 'swarm'));
    const ours: Used[] = [];
    const floor: Used[] = [];
    for (let time = 0; time < TIMES; time++) {
      ours.push(await landed(join(folder, `ours-${time}`), main));
      floor.push(await floorOf(join(folder, `floor-${time}`)));
    }
    return figuresOf(middle(ours), middle(floor), await startedFor(join(folder, 'traced'), main));
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

/** Of each figure by itself. */
const middle = (all: readonly Used[]): Used => ({
  seconds: median(all.map(({ seconds }) => seconds)),
  cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
});

async function originAt(folder: string) {
  const origin = join(folder, 'origin.git');
  makeOrigin(origin, FILES, BRANCHES);
  return { origin, user: await userAt(folder, origin) };
}

async function landed(folder: string, main: string): Promise<Used> {
  const { origin, user } = await originAt(folder);
  const used = await measured(() => type(user, main, WORDS));
  await verify(origin, '%(trailers:key=Swarm-Task,valueonly,separator=)', (n) => `t${n}`);
  return used;
}

async function startedFor(folder: string, main: string): Promise<Started | undefined> {
  const { user } = await originAt(folder);
  return startedBy(folder, (under) => type(user, main, WORDS, under));
}

/** Every branch once on the first-parent line, in order, and the repository sound. */
async function verify(origin: string, format: string, expected: (n: number) => string): Promise<void> {
  const line = [
    'log',
    '--first-parent',
    '--reverse',
    `--max-count=${BRANCHES}`,
    `--format=${format}`,
    'main',
  ];
  const told = (await git(origin, line)).split('\n').sort();
  const all = Array.from({ length: BRANCHES }, (_, i) => expected(i + 1)).sort();
  if (told.join() !== all.join())
    throw new Error(`the origin does not hold all landings:\n${told.join('\n')}`);
  await git(origin, ['fsck', '--strict', '--no-dangling']);
}

async function floorOf(folder: string): Promise<Used> {
  const { origin, user } = await originAt(folder);
  const { repository } = user;
  const used = await measured(async () => {
    await git(repository, ['fetch', '--quiet', 'origin']);
    let tip = await git(repository, ['rev-parse', 'origin/main']);
    for (let n = 1; n <= BRANCHES; n++) {
      const tree = await git(repository, ['merge-tree', '--write-tree', tip, `origin/work/${n}`]);
      tip = await git(repository, ['commit-tree', tree, '-p', tip, '-m', `Change ${n}`]);
    }
    await git(repository, ['push', '--quiet', 'origin', `${tip}:refs/heads/main`]);
  });
  await verify(origin, '%s', (n) => `Change ${n}`);
  return used;
}

function figuresOf(ours: Used, floor: Used, started: Started | undefined): readonly Figure[] {
  const each = (name: string, value: number, unit: string): Figure => ({ name, value, unit });
  return [
    {
      ...each(
        `swarm land as typed: ${BRANCHES} branches on ${FILES} files`,
        BRANCHES / ours.seconds,
        'landings/s',
      ),
      aim: { kind: 'at-least', value: 100 },
    },
    {
      ...each('swarm land as typed: CPU, all it starts included', ours.cpuMs / BRANCHES, 'ms each'),
      aim: { kind: 'at-most', value: 12 },
    },
    ...(started
      ? [each('swarm land as typed: processes started', started.processes / BRANCHES, 'each')]
      : []),
    each('floor: git alone, merge, commit, one push', BRANCHES / floor.seconds, 'landings/s'),
    each('floor: CPU', floor.cpuMs / BRANCHES, 'ms each'),
  ];
}
