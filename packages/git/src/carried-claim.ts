/**
 * Says on the reference itself who works on the run from now on. By compare-and-swap, before anything of the run is done
 * here: whoever else still writes comes second from then on.
 */
import type { CommitId } from '@swarm/core/model/ids';
import type { Identity } from '@swarm/core/ports/git';
import { type CarryOutcome, carriedRef, hubCarriedRef, wordsOf, writeHooks } from './carried.ts';
import type { CarriedAsk, CarriedRun } from './carried-in.ts';
import { expectObject, Git } from './git.ts';
import { identityEnv } from './identity.ts';
import { Layout } from './layout.ts';
import { locate } from './origin.ts';
import { Remote } from './remote.ts';

export interface ClaimAsk extends CarriedAsk {
  readonly identity: Identity;
  readonly lease: Uint8Array;
}

/**
 * The caller holds the repository's lock, and has found what is carried to be a run. Unless somebody else came first, the
 * hub goes on from it; before that, a run of this machine by the same name stays what it was.
 */
export async function claimCarried(ask: ClaimAsk, { commit, ref }: CarriedRun): Promise<CarryOutcome> {
  const git = new Git();
  const hub = { gitDir: new Layout(ask.stateDir, ask.run).hub };
  const outcome = ask.from ? await claimAt(git, ask, ask.from, commit) : { kind: 'carried' as const, commit };
  if (outcome.kind === 'elsewhere') return outcome;
  const mine = outcome.kind === 'carried' ? outcome.commit : commit;
  const stdin = `update ${hubCarriedRef(ask.run)} ${mine}\ndelete ${ref}\n`;
  await git.run(hub, 'update-ref', ['--stdin'], { stdin });
  return outcome;
}

async function claimAt(
  git: Git,
  ask: ClaimAsk,
  { remote: name, network }: NonNullable<CarriedAsk['from']>,
  from: CommitId,
): Promise<CarryOutcome> {
  const layout = new Layout(ask.stateDir, ask.run);
  const ref = carriedRef(ask.run);
  try {
    const origin = await locate(git, ask.repository, ask.operator);
    const remote = await Remote.open({ git, gitDir: origin.gitDir, name, purpose: 'push', network });
    const commit = await leaseCommit(git, { gitDir: layout.hub }, ask, from);
    const hooks = await writeHooks({ layout });
    const pushed = await remote.pushRef({ from: layout.hub, ref, parent: from, commit, hooks });
    // What an unclear push became of, the remote knows.
    const there = pushed.kind === 'taken' ? commit : await remote.at(ref);
    if (there === commit) return { kind: 'carried', commit };
    if (there !== from) return { kind: 'elsewhere', head: there };
    return { kind: 'silent', why: pushed.kind === 'unclear' ? pushed.why : '' };
  } catch (error) {
    return { kind: 'silent', why: wordsOf(error) };
  }
}

/** As it was, with another word on who works on it. */
async function leaseCommit(
  git: Git,
  hub: { readonly gitDir: string },
  { identity, lease, run }: ClaimAsk,
  from: CommitId,
): Promise<CommitId> {
  const blob = await git.text(hub, 'hash-object', ['-w', '--no-filters', '--stdin'], { stdin: lease });
  const rows = (await git.text(hub, 'ls-tree', ['--full-tree', '--end-of-options', from])).split('\n');
  const others = rows.filter((row) => row !== '' && !row.endsWith('\tlease.json'));
  const stdin = [...others, `100644 blob ${blob}\tlease.json`, ''].join('\n');
  const tree = await git.text(hub, 'mktree', [], { stdin });
  const env = identityEnv(identity);
  const told = await git.text(hub, 'commit-tree', [tree, '-p', from, '-F', '-'], {
    stdin: `swarm: ${run}, taken up\n`,
    env,
  });
  return expectObject(told, 'git commit-tree');
}
