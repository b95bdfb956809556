/**
 * `swarm run --plan` as a user types it, but for the agent's own command: one-file tasks, four workers, a command agent
 * that only writes its file, no gate. From the start of the program to its end, in the sandbox; what the agent's command
 * alone takes, uncontained, is taken off. The repository is small, so that what is measured is ours and not git's
 * checkout; `--large` also does it on 2,000 files. The floor is git alone: a shared clone, one commit, one fetch and one
 * merge each.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, Figure } from './figure.ts';
import { git, makeOrigin } from './landing-repo.ts';
import { installed, measured, type Started, startedBy, type, type Used, type User, userAt } from './typed.ts';

const FILES = 40;
const FILES_LARGE = 2_000;
const TASKS = 200;
/** Enough to count programs with: strace makes everything many times slower. */
const TASKS_TRACED = 20;

const AGENT = `#!/bin/sh
name=$(sed -n 's/.*"\\(made\\/[0-9]*\\.txt\\)".*/\\1/p' "$1" | head -n 1)
mkdir -p made
echo written > "$name"
`;

interface Measured {
  readonly files: number;
  readonly ours: Used;
  readonly floor: Used;
}

export async function run({ isLarge }: BenchOptions): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    const main = await installed(join(folder, 'swarm'));
    const agent = await agentAlone(join(folder, 'agent'));
    const sizes = isLarge ? [FILES, FILES_LARGE] : [FILES];
    const all: Measured[] = [];
    for (const files of sizes) {
      const ours = await worked(join(folder, `ours-${files}`), main, files);
      all.push({ files, ours, floor: await floorOf(join(folder, `floor-${files}`), files) });
    }
    return figuresOf(all, agent, await startedForOne(folder, main));
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

interface Prepared {
  readonly user: User;
  readonly words: readonly string[];
}

async function prepared(folder: string, files: number, tasks: number): Promise<Prepared> {
  const origin = join(folder, 'origin.git');
  await mkdir(folder, { recursive: true });
  makeOrigin(origin, files, 1);
  const user = await userAt(folder, origin);
  const agent = join(folder, 'agent.sh');
  await writeFile(agent, AGENT, { mode: 0o755 });
  const config = join(user.env.HOME, '.config/swarm');
  await mkdir(config, { recursive: true });
  const run = JSON.stringify(['sh', agent, '{task_file}']);
  await writeFile(join(config, 'config.toml'), `[agent.command]\nrun = ${run}\n`);
  const plan = join(folder, 'plan.json');
  await writeFile(plan, JSON.stringify({ tasks: Array.from({ length: tasks }, (_, n) => taskOf(n)) }));
  return { user, words: ['run', '--plan', plan, '--agent', 'command', '--gate', 'none', '--workers', '4'] };
}

const taskOf = (n: number) => ({
  id: `a${n}`,
  title: `Write file ${n}`,
  description: 'One line.',
  priority: 5,
  scope: [`made/${n}.txt`],
  acceptance: 'the file is there',
});

async function worked(folder: string, main: string, files: number): Promise<Used> {
  const { user, words } = await prepared(folder, files, TASKS);
  const used = await measured(() => type(user, main, words));
  const listed = await git(user.repository, ['branch', '--list', 'swarm/*', '--format=%(refname)']);
  const [branch = ''] = listed.split('\n');
  const made = await git(user.repository, ['ls-tree', '--name-only', branch, 'made/']);
  const there = made.split('\n').length;
  if (there !== TASKS) throw new Error(`${there} of ${TASKS} files are on ${branch}`);
  return used;
}

// ───────────── the agent's own ─────────────

const AGENT_TASK = 'task.json';

/** What the agent's own command costs, uncontained. */
async function agentAlone(folder: string): Promise<Used> {
  await prepareAgent(folder);
  return measured(async () => {
    for (let n = 0; n < TASKS; n++) await runAgent(folder, []);
  });
}

async function prepareAgent(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'agent.sh'), AGENT);
  await writeFile(join(folder, AGENT_TASK), JSON.stringify(taskOf(1), null, 2));
}

async function runAgent(folder: string, under: readonly string[]): Promise<void> {
  const [program = '', ...args] = [...under, 'sh', 'agent.sh', AGENT_TASK];
  const [code] = await once(spawn(program, args, { cwd: folder, stdio: 'ignore' }), 'close');
  if (code !== 0) throw new Error(`the agent alone ended with ${code}`);
}

// ───────────── what is started ─────────────

/** Between a run of one task and one of more; what every run starts once is in neither figure. */
async function startedForOne(folder: string, main: string): Promise<Started | undefined> {
  const traced = async (name: string, tasks: number) => {
    const { user, words } = await prepared(join(folder, name), FILES, tasks);
    return startedBy(folder, (under) => type(user, main, words, under));
  };
  const few = await traced('few', 1);
  const more = await traced('more', 1 + TASKS_TRACED);
  const alone = join(folder, 'traced-agent');
  await prepareAgent(alone);
  const agent = await startedBy(alone, (under) => runAgent(alone, under));
  if (!few || !more || !agent) return undefined;
  // In the sandbox the agent's first program is started too: as a process it is bubblewrap's last.
  const each = (of: (started: Started) => number) => (of(more) - of(few)) / TASKS_TRACED - of(agent) - 1;
  return { programs: each(({ programs }) => programs), processes: each(({ processes }) => processes) };
}

async function floorOf(folder: string, files: number): Promise<Used> {
  const { user } = await prepared(folder, files, TASKS);
  const { repository } = user;
  return measured(async () => {
    let tip = await git(repository, ['rev-parse', 'HEAD']);
    for (let n = 0; n < TASKS; n++) {
      const clone = join(folder, 'clone');
      await git(folder, ['clone', '--quiet', '--shared', repository, clone]);
      await mkdir(join(clone, 'made'));
      await writeFile(join(clone, `made/${n}.txt`), 'written\n');
      await git(clone, ['add', '-A']);
      await git(clone, ['commit', '--quiet', '-m', `Write file ${n}`]);
      await git(repository, ['fetch', '--quiet', clone, `HEAD:refs/floor/${n}`]);
      const tree = await git(repository, ['merge-tree', '--write-tree', tip, `refs/floor/${n}`]);
      tip = await git(repository, ['commit-tree', tree, '-p', tip, '-m', `Write file ${n}`]);
      await rm(clone, { recursive: true });
    }
    await git(repository, ['update-ref', 'refs/heads/floor', tip]);
  });
}

function figuresOf(all: readonly Measured[], agent: Used, started: Started | undefined): readonly Figure[] {
  return [
    ...all.flatMap((one) => figuresFor(one, agent)),
    ...(started
      ? [
          {
            name: 'swarm run --plan: processes, the agent’s taken off',
            value: started.processes,
            unit: 'each',
            aim: { kind: 'at-most', value: 12 } as const,
          },
          {
            name: 'programs in them (setpriv and prlimit are no processes)',
            value: started.programs,
            unit: 'each',
          },
        ]
      : []),
  ];
}

/** The first says what is left out. Only the small repository has an aim: on a large one the floor is above it. */
function figuresFor({ files, ours, floor }: Measured, agent: Used): Figure[] {
  const each = ({ cpuMs }: Used): number => cpuMs / TASKS;
  const on = `on ${files} files`;
  return [
    {
      name: `swarm run --plan as typed, but for the agent’s CPU, ${on}`,
      unit: 'ms each',
      value: each(ours) - each(agent),
      ...(files === FILES && { aim: { kind: 'at-most', value: 60 } as const }),
    },
    { name: `swarm run --plan as typed, all of it, ${on}`, value: TASKS / ours.seconds, unit: 'tasks/s' },
    { name: `floor: git alone, CPU, ${on}`, value: each(floor), unit: 'ms each' },
    { name: `floor, ${on}`, value: TASKS / floor.seconds, unit: 'tasks/s' },
  ];
}
