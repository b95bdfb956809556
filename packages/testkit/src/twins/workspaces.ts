import { SwarmError } from '@swarm/core/errors';
import { type AttemptId, type CommitId, type LandingId, taskOf } from '@swarm/core/model/ids';
import { ALL_SAVED, type Workspace, type Workspaces } from '@swarm/core/ports/git';
import type { Incarnation } from '../sim/scheduler.ts';
import type { SimWorkspace, World } from '../sim/world.ts';
import { type Merged, sameTree } from './objects.ts';

/** What `saveCommand` gives; the sandbox twin knows it by this word. */
export const SAVE = 'twin-save';

type WorkspaceAsk = Parameters<Workspaces['create']>[0];

/** Work trees in memory. */
export function twinWorkspaces(world: World, inc: Incarnation, host?: string): Workspaces {
  if (host !== undefined) return workspacesOn(world, inc, host);

  return {
    create: (ask) => {
      // As the real ones: a name that is not one of ours never becomes a path.
      if (!NAME.test(ask.name))
        throw new SwarmError({ code: 'SW0801', what: `"${ask.name}" is no name for a workspace` });
      world.expect(
        isRecorded(world, ask.name),
        `P6: the workspace ${ask.name} is made before its reason is on disk`,
      );
      world.working = inc;
      world.expect(
        isGrounded(world, ask),
        `P4: ${ask.name} goes on from work that stands on what somebody took off the target`,
      );
      provoke(world, ask.name);
      return world.happen(inc, world.random.between(5, 500), () => {
        if (world.hits('setup'))
          throw new SwarmError({ code: 'SW0702', what: `clone of ${ask.name} failed` });
        world.write(`the clone of ${ask.name}`);
        const made = newWorkspace(world, ask);
        world.workspaces.set(ask.name, made.simulated);
        return made.shown;
      });
    },
    saveCommand: ({ message, workspace, intake }) => [SAVE, message, workspace, intake],
    readSave: () => ALL_SAVED,
    remove: (name) => {
      const there = world.workspaces.get(name);
      const isWorkedIn = there !== undefined && !sameTree(there.made, there.tree);
      const isLive = world.durable.liveAttempts.has(name as AttemptId);
      world.expect(
        !isLive || !isWorkedIn,
        `P6: the workspace of ${name} is removed before its end is on disk`,
      );
      return world.happen(inc, world.random.between(1, 50), () => {
        world.workspaces.delete(name);
        // A save may leave the objects in the clone: what nobody took in by now is gone with it.
        const attempt = name as AttemptId;
        if (!world.work.has(attempt)) world.intakes.delete(attempt);
      });
    },
  };
}

/** On a host: a message may come late, but for nothing that was never begun. Nothing of it is seen from the home's machine. */
function workspacesOn(world: World, inc: Incarnation, host: string): Workspaces {
  const keyOf = (name: string): string => `${host}:${name}`;
  return {
    create: (ask) => {
      const isAttempt = /^t\d+\.\d+$/.test(ask.name);
      const isKnown = !isAttempt || world.durable.attempts.has(ask.name as AttemptId);
      world.expect(isKnown, `P6: ${host} makes ${ask.name} before its start is on disk`);
      return world.happen(inc, world.random.between(5, 500), () => {
        if (world.hits('setup'))
          throw new SwarmError({ code: 'SW0702', what: `clone of ${ask.name} failed` });
        world.write(`the clone of ${ask.name}`);
        const made = newWorkspace(world, ask, host);
        world.workspaces.set(keyOf(ask.name), made.simulated);
        return made.shown;
      });
    },
    saveCommand: ({ message, workspace, intake }) => [SAVE, message, workspace, intake],
    readSave: () => ALL_SAVED,
    remove: (name) =>
      world.happen(inc, world.random.between(1, 50), () => {
        world.workspaces.delete(keyOf(name));
        world.savedOn.get(host)?.delete(name as AttemptId);
      }),
  };
}

const NAME = /^(?:t\d+\.\d+|[a-z]{1,16}(?:-[a-z0-9]{1,64}){1,3})$/;
/** What people took off the target comes back with no work that stood on it. */
function isGrounded({ objects, takenOff }: World, { base, from }: WorkspaceAsk): boolean {
  if (!from || takenOff.size === 0 || !objects.has(from)) return true;
  const there = objects.ancestors(base);
  return [...objects.ancestors(from)].every((id) => there.has(id) || !takenOff.has(id));
}

/** Between an attempt's start and its agent's, and while a candidate is tested, somebody may change their mind. */
function provoke(world: World, name: string): void {
  const tested = world.durable.landings.get(name.replace(/^gate-/, '') as LandingId);
  const soonMs = world.hasSetup ? world.commandMsMax : 400;
  if (/^t\d+\.\d+$/.test(name)) world.provoke(taskOf(name as AttemptId), soonMs);
  else if (tested) world.provoke(world.random.pick(tested.members).task, world.commandMsMax);
}

/** An attempt has started, a landing is under test: by the journal. Others have no entry of their own. */
function isRecorded({ durable }: World, name: string): boolean {
  if (/^t\d+\.\d+$/.test(name)) return durable.liveAttempts.has(name as AttemptId);
  const landing = /^gate-(l\d+)$/.exec(name)?.[1];
  return landing === undefined || landing === 'l0' || durable.landings.has(landing as LandingId);
}

function newWorkspace(
  world: World,
  ask: WorkspaceAsk,
  host?: string,
): { simulated: SimWorkspace; shown: Workspace } {
  const { objects } = world;
  const base = objects.treeOf(ask.base);
  const from = ask.from && objects.has(ask.from) ? ask.from : undefined;
  const merged = from ? objects.merge(ask.base, from) : undefined;
  const path = host === undefined ? `/sim/workspaces/${ask.name}` : `/sim/${host}/${ask.name}`;
  const simulated: SimWorkspace = {
    host,
    name: ask.name,
    path,
    attempt: ask.attempt,
    parents: from ? [ask.base, from] : [ask.base],
    base,
    made: merged?.tree ?? base,
    tree: new Map(merged?.tree ?? base),
    environment: undefined,
  };
  const shown: Workspace = {
    name: ask.name,
    path,
    ...(ask.attempt && { intake: `/sim/intake/${ask.attempt}` }),
    readOnly: ['/sim/loans/base'],
    head: headOf(world, ask.base, from, merged),
    conflicts: merged?.kind === 'conflict' ? merged.files : [],
  };
  return { simulated, shown };
}

/** A merge that went through is a commit; one that conflicts stays open, on the base. */
function headOf(
  { objects }: World,
  base: CommitId,
  from: CommitId | undefined,
  merged: Merged | undefined,
): CommitId {
  if (!from || merged?.kind !== 'clean') return base;
  return objects.commit({ parents: [base, from], tree: merged.tree, message: 'merged', atSeconds: 0 }).id;
}

export function workspaceAt(world: World, path: string): SimWorkspace | undefined {
  return [...world.workspaces.values()].find((w) => w.path === path);
}

/** Commits what lies in the work tree and pushes it into the attempt's intake, unless that is the base; a merge is not. */
export function save(world: World, workspace: SimWorkspace, message: string): void {
  const isMerge = workspace.parents.length > 1;
  if (!workspace.attempt || (!isMerge && sameTree(workspace.base, workspace.tree))) return;
  const made = world.objects.commit({
    parents: workspace.parents,
    tree: workspace.tree,
    message,
    atSeconds: Math.floor(world.scheduler.now / 1000),
  });
  const { host, attempt } = workspace;
  if (host === undefined) return void world.intakes.set(attempt, made.id);
  const saved = world.savedOn.get(host) ?? new Map<AttemptId, CommitId>();
  world.savedOn.set(host, saved.set(attempt, made.id));
}
