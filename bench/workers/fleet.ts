/**
 * A hundred workers at the same time: `swarm run --plan … --workers 100` as a user types it, the built-in agent of each in
 * a sandbox of its own, all of them at the gateway. The model answers nobody before all have asked, so that all are
 * alive at once. What is measured is the run's own process: its memory and how late its event loop is.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import type { Figure } from '../figure.ts';
import { git, makeOrigin } from '../landing-repo.ts';
import { measured, type, type Used, userAt } from '../typed.ts';
import { startModel } from './model.ts';

const WORKERS = 100;
const FILES = 40;
const MIB = 1_024 * 1_024;

/** @param main the program, as it is installed. */
export async function fleet(folder: string, main: string): Promise<readonly Figure[]> {
  await mkdir(folder, { recursive: true });
  const origin = join(folder, 'origin.git');
  makeOrigin(origin, FILES, 1);
  const user = await userAt(folder, origin);
  const plan = join(folder, 'plan.json');
  await writeFile(plan, JSON.stringify({ tasks: Array.from({ length: WORKERS }, (_, n) => taskOf(n)) }));
  await using model = await startModel({ together: WORKERS, apartMs: 10 });
  const seen = join(folder, 'seen.json');
  const env = {
    ...user.env,
    ...{ OPENAI_API_KEY: 'key', OPENAI_BASE_URL: model.url, SWARM_MODEL: 'scripted' },
    NODE_OPTIONS: `--import=${hookFor(seen)}`,
  };
  const words = ['run', '--plan', plan, '--gate', 'none', '--setup', 'none', '--workers', `${WORKERS}`];
  const control = monitorEventLoopDelay({ resolution: 10 });
  control.enable();
  const used = await measured(() => type({ ...user, env }, main, words));
  control.disable();
  const told = JSON.parse(await readFile(seen, 'utf8')) as Seen;
  return figuresOf({
    ...told,
    control: control.percentile(99) / 1e6,
    landed: await landedIn(user.repository),
    ...used,
  });
}

/** Told in its address: programs that a run starts have an environment of their own. */
function hookFor(seen: string): URL {
  const hook = pathToFileURL(join(import.meta.dirname, 'loop-delay.ts'));
  hook.search = `${new URLSearchParams({ to: seen, parent: `${process.pid}` })}`;
  return hook;
}

interface Seen {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly peakBytes: number;
  readonly ownCpuMs: number;
}

interface Told extends Seen, Used {
  /** The same delay in this process, which waits for the other: what the machine itself makes late. */
  readonly control: number;
  readonly landed: number;
}

const taskOf = (n: number) => ({
  id: `a${n}`,
  title: `Write file ${n}`,
  description: `Write made/${n}.txt.`,
  scope: [`made/${n}.txt`],
  acceptance: 'the file is there',
});

async function landedIn(repository: string): Promise<number> {
  const listed = await git(repository, ['branch', '--list', 'swarm/*', '--format=%(refname)']);
  const made = await git(repository, ['ls-tree', '--name-only', listed.split('\n')[0]!, 'made/']);
  return made.split('\n').filter(Boolean).length;
}

function figuresOf({ p50, p99, max, control, peakBytes, landed, seconds, cpuMs, ownCpuMs }: Told): Figure[] {
  const atMost = (value: number) => ({ kind: 'at-most', value }) as const;
  return [
    {
      name: `${WORKERS} workers at once: tasks that landed`,
      value: landed,
      unit: 'tasks',
      aim: { kind: 'at-least', value: WORKERS },
    },
    { name: '  most memory of the run’s own process', value: peakBytes / MIB, unit: 'MiB', aim: atMost(250) },
    { name: '  delay of its event loop, 99 of 100', value: p99, unit: 'ms', aim: atMost(100) },
    { name: '  the same of a process that only waits', value: control, unit: 'ms' },
    { name: '  delay of its event loop, half', value: p50, unit: 'ms' },
    { name: '  delay of its event loop, longest', value: max, unit: 'ms' },
    { name: '  CPU of the run’s own process', value: ownCpuMs / WORKERS, unit: 'ms each' },
    { name: '  CPU of all processes', value: cpuMs / WORKERS, unit: 'ms each' },
    { name: '  all of it', value: seconds, unit: 's' },
  ];
}
