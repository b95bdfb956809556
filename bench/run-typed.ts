/**
 * `swarm run --plan` as a user types it: one-file tasks, four workers, a command agent that only writes its file, no
 * gate. From the start of the program to its end, in the sandbox; nothing is left out but the agent's own command, which
 * is measured beside it and taken off. The floor is git alone: a shared clone, one commit, one fetch and one merge each.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { git, makeOrigin } from './landing-repo.ts';
import { installed, measured, programsStarted, type, type Used, type User, userAt } from './typed.ts';

const FILES = 2_000;
const TASKS = 200;
/** Enough to count programs with: strace makes everything many times slower. */
const TASKS_TRACED = 20;

const AGENT = `#!/bin/sh
name=$(sed -n 's/.*"\\(made\\/[0-9]*\\.txt\\)".*/\\1/p' "$1" | head -n 1)
mkdir -p made
echo written > "$name"
`;

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    const main = await installed(join(folder, 'swarm'));
    const ours = await worked(join(folder, 'ours'), main, TASKS);
    const floor = await floorOf(join(folder, 'floor'));
    const agent = await agentAlone(join(folder, 'agent'));
    const few = await programsOf(join(folder, 'few'), main, 1);
    const more = await programsOf(join(folder, 'more'), main, 1 + TASKS_TRACED);
    const programs = few && more && (more - few) / TASKS_TRACED - AGENT_PROGRAMS;
    return figuresOf({ ours, floor, agent, programs });
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

/** The shell, sed, head and mkdir. */
const AGENT_PROGRAMS = 4;

async function prepared(folder: string, tasks: number): Promise<{ user: User; words: string[] }> {
  const origin = join(folder, 'origin.git');
  await mkdir(folder, { recursive: true });
  makeOrigin(origin, FILES, 1);
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
  ...{ id: `a${n}`, title: `Write file ${n}`, description: 'One line.', priority: 5 },
  ...{ scope: [`made/${n}.txt`], acceptance: 'the file is there' },
});

async function worked(folder: string, main: string, tasks: number): Promise<Used> {
  const { user, words } = await prepared(folder, tasks);
  const used = await measured(() => type(user, main, words));
  const [branch = ''] = (
    await git(user.repository, ['branch', '--list', 'swarm/*', '--format=%(refname)'])
  ).split('\n');
  const files = await git(user.repository, ['ls-tree', '--name-only', branch, 'made/']);
  const there = files.split('\n').length;
  if (there !== tasks) throw new Error(`${there} of ${tasks} files are on ${branch}`);
  return used;
}

async function programsOf(folder: string, main: string, tasks: number): Promise<number | undefined> {
  const { user, words } = await prepared(folder, tasks);
  return programsStarted(folder, user, main, words);
}

/** What the agent's own command costs, uncontained. */
async function agentAlone(folder: string): Promise<Used> {
  await mkdir(folder, { recursive: true });
  const [agent, task] = [join(folder, 'agent.sh'), join(folder, 'task.json')];
  await writeFile(agent, AGENT);
  await writeFile(task, JSON.stringify(taskOf(1), null, 2));
  return measured(async () => {
    for (let n = 0; n < TASKS; n++)
      await once(spawn('sh', [agent, task], { cwd: folder, stdio: 'ignore' }), 'close');
  });
}

async function floorOf(folder: string): Promise<Used> {
  const { user } = await prepared(folder, TASKS);
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

function figuresOf(all: {
  ours: Used;
  floor: Used;
  agent: Used;
  programs: number | undefined;
}): readonly Figure[] {
  const each = ({ cpuMs }: Used): number => cpuMs / TASKS;
  const { ours, floor, agent, programs } = all;
  return [
    {
      ...{ name: `swarm run --plan as typed: CPU of ${TASKS} tasks, the agent's taken off`, unit: 'ms each' },
      ...{ value: each(ours) - each(agent), aim: { kind: 'at-most', value: 60 } },
    },
    ...(programs === undefined
      ? []
      : [
          {
            ...{
              name: "swarm run --plan as typed: programs, the agent's taken off",
              unit: 'each',
              value: programs,
            },
            aim: { kind: 'at-most', value: 12 } as const,
          },
        ]),
    { name: 'swarm run --plan as typed', value: TASKS / ours.seconds, unit: 'tasks/s' },
    { name: 'floor: git alone, clone, commit, fetch, merge: CPU', value: each(floor), unit: 'ms each' },
    { name: 'floor', value: TASKS / floor.seconds, unit: 'tasks/s' },
  ];
}
