/** What the hub holds of a run, for the sweep; and the removal of what nobody needs. */
import { readdir } from 'node:fs/promises';
import { type AttemptId, type CommitId, parseAttemptId } from '@swarm/core/model/ids';
import type { HubObserved } from '@swarm/core/ports/git';
import type { HubContext } from './context.ts';
import { expectObject } from './git.ts';
import { workspaceOf } from './layout.ts';

export async function observe(hub: HubContext, target: CommitId | undefined): Promise<HubObserved> {
  const intakes = (await namesIn(hub.layout.intakes)).flatMap((name) => attemptOfIntake(name) ?? []);
  return { target, work: await workHeld(hub), intakes, workspaces: await standingIn(hub) };
}

/** Workspaces of which anything is on disk. */
async function standingIn(hub: HubContext): Promise<string[]> {
  const names = (await namesIn(hub.layout.workspaces)).flatMap((entry) => workspaceOf(entry) ?? []);
  return [...new Set(names)];
}

async function workHeld(hub: HubContext): Promise<HubObserved['work']> {
  return (await refsUnder(hub, hub.refs.workRoot)).flatMap(({ name, commit }) => {
    const attempt = parseAttemptId(name.slice(hub.refs.workRoot.length + 1));
    return attempt ? [{ attempt, commit }] : [];
  });
}

async function refsUnder(hub: HubContext, root: string): Promise<{ name: string; commit: CommitId }[]> {
  const told = await hub.git.text(hub.hub, 'for-each-ref', ['--format=%(objectname) %(refname)', `${root}/`]);
  return told.split('\n').flatMap((line) => {
    const at = line.indexOf(' ');
    return at < 0
      ? []
      : [{ commit: expectObject(line.slice(0, at), 'git for-each-ref'), name: line.slice(at + 1) }];
  });
}

/** Drops work, handed-out bases and intakes of attempts not in `keep`, and bases of other workspaces now gone. */
export async function tidy(hub: HubContext, keep: ReadonlySet<AttemptId>): Promise<void> {
  const standing = new Set(await standingIn(hub));
  const unneeded = (ref: string) => {
    const name = ref.slice(ref.lastIndexOf('/') + 1);
    const attempt = parseAttemptId(name);
    return attempt ? !keep.has(attempt) : ref === hub.refs.handedPath(name) && !standing.has(name);
  };
  await hub.mutex.run(() => removeRefs(hub, hub.refs.root, unneeded));
  for (const name of await namesIn(hub.layout.intakes)) {
    const attempt = attemptOfIntake(name);
    if (attempt && !keep.has(attempt)) await hub.cleanUp.discard(hub.layout.intake(attempt));
  }
  await hub.cleanUp.again();
}

/** Removes the references under `root` that `unneeded` names, in one transaction. The caller holds the mutex. */
export async function removeRefs(hub: HubContext, root: string, unneeded: (name: string) => boolean) {
  const going = (await refsUnder(hub, root)).filter(({ name }) => unneeded(name));
  if (going.length === 0) return;
  const stdin = going.map(({ name, commit }) => `delete ${name} ${commit}\n`).join('');
  await hub.git.run(hub.hub, 'update-ref', ['--stdin'], { stdin });
}

const attemptOfIntake = (name: string): AttemptId | undefined => parseAttemptId(name.replace(/\.git$/, ''));

export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(noneIfMissing)).sort();
}

function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
