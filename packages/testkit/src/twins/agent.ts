import type { AgentEnd } from '@swarm/core/model/attempt';
import type { HandoffStatus } from '@swarm/core/model/handoff';
import { taskOf } from '@swarm/core/model/ids';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { Agent, AgentJob, AgentResult } from '@swarm/core/ports/running';
import type { Incarnation } from '../sim/scheduler.ts';
import { FULL, type SimWorkspace, type World } from '../sim/world.ts';
import { CONFLICT_MARKER } from './objects.ts';
import { BREAK, CLASH, GUARDED, LOCKFILE } from './words.ts';
import { workspaceAt } from './workspaces.ts';

/** What an agent may use beyond its limit: the call that was under way. */
export const OVERSHOOT_TOKENS = 2_000;

/** What a token costs here. */
export const USD_PER_TOKEN = 0.000_01;

type Mood =
  | 'works'
  | 'half'
  | 'wrong'
  | 'clashes'
  | 'tramples'
  | 'elsewhere'
  | 'meddles'
  | 'upgrades'
  | 'idle'
  | 'drops'
  | 'hangs'
  | AgentEnd;

const MOODS: readonly Mood[] = [
  'wrong',
  'clashes',
  'elsewhere',
  'meddles',
  'upgrades',
  'idle',
  'hangs',
  'failed',
  'blocked',
  'step-limit',
  'stuck',
  'bad-output',
  'killed',
  'cannot-run',
  'model-down',
];

const CARELESS: readonly Mood[] = ['half', 'tramples', 'drops'];

/** Does what the task's description says, or what this seed makes of it. */
export function twinAgent(world: World, inc: Incarnation, host?: string): Agent {
  return {
    name: 'twin',
    hears: true,
    async run(job) {
      const known = world.durable.attempts.get(job.attempt);
      // A message to a host may come when its attempt is over, and never before its start.
      const isKnown = host === undefined ? known?.state === 'running' : known?.driver !== undefined;
      world.expect(isKnown, `P6: the agent of ${job.attempt} runs before its start is on disk`);
      const went = world.durable.attempts.get(job.attempt)?.reworks ?? 0;
      const notes = world.durable.tasks.get(taskOf(job.attempt))?.notes ?? [];
      const isCalledFor = went > 0 || notes.length > 0;
      world.expect(!job.goOn || isCalledFor, `P6: ${job.attempt} goes on before that is on disk`);
      if (host === undefined) listen(world, job, notes);
      const mood = drawMood(world);
      const isDown = (): boolean => world.modelsDownUntil > world.scheduler.now;
      // With no model to talk to an agent is back at once.
      if (isDown()) {
        return result((await inc.waitUnless(job.signal, 2_000)) ? 'model-down' : 'aborted', NO_USAGE);
      }
      const durationMs = mood === 'hangs' ? job.limits.wallMs : world.random.between(10_000, 600_000);
      const isThrough = await inc.waitUnless(job.signal, durationMs);
      if (!isThrough) return result('aborted', usage(world, job));
      if (isDown()) return result('model-down', NO_USAGE);
      const workspace = workspaceAt(world, (await job.open({ readOnly: [] })).workspace);
      if (!workspace) return result('cannot-run', NO_USAGE);
      if (world.isFull) return { ...result('failed', usage(world, job)), detail: `write: ${FULL}` };
      const done = act(world, job, workspace, mood);
      // A conversation goes on where its agent can keep one.
      return done.end === 'finished' && world.random.chance(0.7) ? { ...done, talk: mood } : done;
    },
  };
}

/** Whatever the operator said stands in its prompt, or is told it now, or was told in its conversation: once. */
function listen(world: World, { attempt, prompt, goOn, notes }: AgentJob, said: readonly string[]): void {
  const pending = notes?.pending() ?? [];
  const known = said.slice(0, said.length - pending.length);
  const isThere = (note: string): boolean => goOn !== undefined || prompt.user.includes(note);
  world.expect(known.every(isThere), `${attempt} is not told what the operator said`);
  const isTwice = goOn === undefined && pending.some((note) => prompt.user.includes(note));
  world.expect(!isTwice, `${attempt} is told a thing twice`);
  if (pending.length > 0 && world.random.chance(0.5)) notes!.told(pending.length);
}

/** Where there is something to install, agents often want something else installed. */
function drawMood(world: World): Mood {
  if (world.isMetered && world.random.chance(0.4))
    return world.random.chance(0.7) ? 'token-limit' : 'money-limit';
  if (!world.hits('agent')) return world.hits('care') ? world.random.pick(CARELESS) : 'works';
  return world.hasSetup && world.random.chance(0.3) ? 'upgrades' : world.random.pick(MOODS);
}

function act(world: World, job: AgentJob, workspace: SimWorkspace, mood: Mood): AgentResult {
  switch (mood) {
    case 'works':
      edit(job, workspace);
      if (job.goOn) mend(workspace);
      return result('finished', usage(world, job), 'did it');
    case 'wrong':
      edit(job, workspace);
      workspace.tree.set(`wrong-${job.attempt}.txt`, BREAK);
      return result('finished', usage(world, job), 'did it, so it says');
    case 'clashes':
      edit(job, workspace);
      workspace.tree.set(`clash-${job.attempt}.txt`, CLASH);
      return result('finished', usage(world, job), 'did it, and it is green alone');
    case 'tramples':
      // As an agent that settles a conflict by taking its own side: what others wrote in the file is gone.
      edit(job, workspace);
      trample(job, workspace);
      return result('finished', usage(world, job), 'did it, and made room');
    case 'elsewhere':
      edit(job, workspace);
      workspace.tree.set('shared.txt', `${workspace.tree.get('shared.txt') ?? ''}${job.attempt}\n`);
      return result('finished', usage(world, job), 'did it, and more');
    case 'meddles':
      edit(job, workspace);
      workspace.tree.set(GUARDED, job.attempt);
      return result('finished', usage(world, job), 'did it, and changed what decides');
    case 'half':
      edit(job, workspace);
      return result('finished', usage(world, job), 'the first half is done', 'partial');
    case 'upgrades':
      edit(job, workspace);
      workspace.tree.set(LOCKFILE, `${world.random.between(1, 3)}`);
      return result('finished', usage(world, job), 'did it, with another dependency');
    case 'idle':
      return world.random.chance(0.5)
        ? result('finished', usage(world, job))
        : result('finished', usage(world, job), 'it is so already', 'already_done');
    case 'drops':
      // As `git merge --abort` leaves it: nothing of the earlier work, and no word of that.
      workspace.tree = new Map(workspace.base);
      workspace.parents = workspace.parents.slice(0, 1);
      return result('finished', usage(world, job), 'it is so already', 'already_done');
    case 'hangs':
      return result('timeout', usage(world, job));
    default:
      if (world.random.chance(0.5)) edit(job, workspace);
      return result(mood, usage(world, job, mood === 'token-limit' || mood === 'money-limit'));
  }
}

/** A change of one line in one file, or the mending of what is broken. Conflicts it is shown are resolved. */
function edit(job: AgentJob, workspace: SimWorkspace): void {
  for (const [path, text] of workspace.tree) {
    if (!text.includes(CONFLICT_MARKER)) continue;
    workspace.tree.set(
      path,
      linesOf(workspace.tree.get(path) ?? '')
        .filter(isText)
        .join('\n'),
    );
  }
  const { description } = JSON.parse(job.taskJson) as { description: string };
  const wanted = /^write (\S+) (\S+)$/.exec(description);
  if (wanted) return writeLine(workspace, wanted[1]!, wanted[2]!);
  // The check of a landed task that no longer passes is quoted in it.
  const lost = /`has (\S+) (\S+)` ended/.exec(description);
  if (lost) return writeLine(workspace, lost[1]!, lost[2]!);
  // Who tests adds to the tests, mostly.
  if (description.includes('Add what tests it lacks'))
    return writeLine(
      workspace,
      job.attempt.endsWith('.1') ? 'tests/notes.txt' : 'tests/more.txt',
      job.attempt,
    );
  if (!description.includes('Mend the cause')) return writeLine(workspace, 'notes.txt', job.attempt);
  mend(workspace);
}

function mend(workspace: SimWorkspace): void {
  for (const [path, text] of workspace.tree) {
    if (text.includes(BREAK)) workspace.tree.set(path, text.replaceAll(BREAK, 'mended'));
  }
}

/** Leaves nothing in the task's file but its own line. */
function trample(job: AgentJob, workspace: SimWorkspace): void {
  const { description } = JSON.parse(job.taskJson) as { description: string };
  const wanted = /^write (\S+) (\S+)$/.exec(description);
  if (wanted) workspace.tree.set(wanted[1]!, wanted[2]!);
}

function writeLine(workspace: SimWorkspace, path: string, line: string): void {
  const lines = linesOf(workspace.tree.get(path) ?? '');
  if (!lines.includes(line)) workspace.tree.set(path, [...lines, line].sort().join('\n'));
}

const linesOf = (text: string): string[] => [...new Set(text.split('\n'))].filter((l) => l !== '');
const isText = (line: string): boolean =>
  line !== CONFLICT_MARKER && line !== '=======' && line !== '>>>>>>>';

function usage(world: World, job: AgentJob, isToTheEnd = false): Usage {
  const { tokens, usd } = job.limits;
  const affordable = usd === undefined ? tokens : Math.min(tokens, usd / USD_PER_TOKEN);
  const most = Math.min(Math.floor(affordable) + OVERSHOOT_TOKENS, 60_000);
  const inputTokens = isToTheEnd ? Math.min(Math.ceil(affordable), 60_000) : world.random.between(0, most);
  world.spentTokens += inputTokens;
  return { ...NO_USAGE, calls: 1, inputTokens, costUsd: inputTokens * USD_PER_TOKEN };
}

function result(
  end: AgentEnd,
  used: Usage,
  summary?: string,
  status: HandoffStatus = 'complete',
): AgentResult {
  const claim = { status, summary: summary ?? '', concerns: [], suggestions: [] };
  return { end, detail: end, usage: used, toolCalls: 1, ...(summary !== undefined && { claim }) };
}
