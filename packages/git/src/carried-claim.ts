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

export interface ClaimAsk extends Required<Pick<CarriedAsk, 'stateDir' | 'run' | 'repository' | 'from'>> {
  readonly operator?: CarriedAsk['operator'];
  readonly identity: Identity;
  readonly lease: Uint8Array;
}

/** The caller holds the repository's lock. Afterwards the hub has what the remote has. */
export async function claimCarried(ask: ClaimAsk, { commit: from }: CarriedRun): Promise<CarryOutcome> {
  const git = new Git();
  const layout = new Layout(ask.stateDir, ask.run);
  const hub = { gitDir: layout.hub };
  const ref = carriedRef(ask.run);
  try {
    const origin = await locate(git, ask.repository, ask.operator);
    const { remote: name, network } = ask.from;
    const remote = await Remote.open({ git, gitDir: origin.gitDir, name, purpose: 'push', network });
    const commit = await leaseCommit(git, hub, ask, from);
    const hooks = await writeHooks({ layout });
    const pushed = await remote.pushRef({ from: layout.hub, ref, parent: from, commit, hooks });
    // What an unclear push became of, the remote knows.
    const there = pushed.kind === 'taken' ? commit : await remote.at(ref);
    if (there === from) return { kind: 'silent', why: pushed.kind === 'unclear' ? pushed.why : '' };
    if (there !== commit) return { kind: 'elsewhere', head: there };
    await git.run(hub, 'update-ref', [hubCarriedRef(ask.run), commit]);
    return { kind: 'carried', commit };
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
