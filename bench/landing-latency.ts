/**
 * Landings on a remote that is far away: one push is under way, what is built meanwhile goes with the next, and a
 * landing is recorded when the remote took it.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { CommitId } from '../packages/core/src/model/ids.ts';
import type { Candidate } from '../packages/core/src/model/landing.ts';
import type { OpenedHub } from '../packages/git/src/index.ts';
import { type Figure, secondsOf } from './figure.ts';
import { BRANCHES, type Built, openLander, WARM } from './landing-lander.ts';
import { git, makeOrigin } from './landing-repo.ts';
import { slowRemote } from './slow-remote.ts';

const FILES = 2_000;

export async function farAway(folder: string, delayMs: number): Promise<readonly Figure[]> {
  const origin = join(folder, 'far.git');
  makeOrigin(origin, FILES, WARM + BRANCHES);
  const remote = await slowRemote(origin, delayMs);
  const user = join(folder, 'far-user.git');
  execFileSync('git', ['clone', '--quiet', '--bare', origin, user]);
  await git(user, ['remote', 'set-url', 'origin', `git://127.0.0.1:${remote.port}/far.git`]);
  const network = { GIT_ALLOW_PROTOCOL: 'git' };
  const push = { remote: 'origin', branch: 'main', network };
  const lander = await openLander(join(folder, 'far'), { origin, repository: user, push });
  const line = new Line(lander.opened.hub, lander.record);
  await line.land(lander.build, 1, WARM);
  const before = remote.connections();
  const seconds = await secondsOf(() => line.land(lander.build, WARM + 1, WARM + BRANCHES));
  const connections = remote.connections() - before;
  await lander.verify();
  await remote.close();
  return [
    {
      name: `landing: ${BRANCHES} branches, ${delayMs} ms added to each connection`,
      value: BRANCHES / seconds,
      unit: 'landings/s',
      aim: { kind: 'at-least', value: 50 },
    },
    { name: 'connections to the remote for them', value: connections, unit: '' },
  ];
}

/** Candidates one on the other, of which all that are built go with the next push. */
class Line {
  private readonly hub: OpenedHub['hub'];
  private readonly record: (n: number) => Promise<void>;
  private built: { readonly n: number; readonly candidate: Built }[] = [];

  constructor(hub: OpenedHub['hub'], record: (n: number) => Promise<void>) {
    this.hub = hub;
    this.record = record;
  }

  async land(build: (n: number, onto: CommitId) => Promise<Built>, from: number, to: number): Promise<void> {
    let head = (await this.hub.targetHead())!;
    let taken = head;
    let pushing: Promise<void> | undefined;
    for (let n = from; n <= to; n++) {
      const candidate = await build(n, head);
      this.built.push({ n, candidate });
      head = candidate.commit;
      pushing ??= this.push(taken).then((tip) => {
        taken = tip;
        pushing = undefined;
      });
    }
    await pushing;
    if (this.built.length > 0) await this.push(taken);
  }

  /** From what the remote has to all that is built; then each landing is written down. The remote's new head. */
  private async push(parent: CommitId): Promise<CommitId> {
    const group = this.built.splice(0);
    const { commit, tree } = group.at(-1)!.candidate;
    const candidate: Candidate = { parent, commit, tree };
    const told = await this.hub.publish(candidate);
    if (told.kind !== 'published') throw new Error(`push of ${commit}: ${JSON.stringify(told)}`);
    await Promise.all(group.map(({ n }) => this.record(n)));
    return commit;
  }
}
