/** `swarm pr --address`: what reviewers ask for becomes tasks of a run on the pull request's branch. */
import { SwarmError } from '@swarm/core/errors';
import type { Forge, ForgeAccess, PullRequest, PullStanding } from '@swarm/core/ports/forge';
import { addressedText, reviewTasks } from '@swarm/core/rules/follow-up';
import { queuedText } from '@swarm/core/views/pull-standing';
import { countText, plain, shortCommit } from '@swarm/core/views/words';
import type { ReadRun } from '../finding/opened-run.ts';
import { forgeOf } from '../running/forging.ts';
import { followUp } from './follow-up.ts';
import { openPulls, type PrAsk } from './pr-ask.ts';

/** In a stack from the bottom up: what is done below is in what stands on it before that is looked at. */
export async function address(asked: PrAsk): Promise<number> {
  const forge = forgeOf(asked.found);
  const pulls = await openPulls(forge, asked);
  let worked = 0;
  let code = 0;
  for (const pull of pulls) {
    const done = await addressOne(forge, pull, asked);
    if (done === undefined) continue;
    worked += 1;
    code ||= done;
    if (pulls.length > 1) await asked.again();
    if (done !== 0) break;
  }
  if (worked === 0)
    asked.context.output.result(
      `nothing is asked for that was not worked on: ${pulls.map(({ url }) => url).join(', ')}`,
    );
  return code;
}

/** Undefined: there is nothing to do. */
async function addressOne(forge: Forge, pull: PullRequest, asked: PrAsk): Promise<number | undefined> {
  const comments = await forge.reviews(pull.number);
  const people = [...new Set(comments.map(({ author }) => author))].slice(0, 50);
  const told = await Promise.all(people.map(async (login) => [login, await forge.access(login)] as const));
  const access: ReadonlyMap<string, ForgeAccess> = new Map(told);
  const me = (await forge.whoAmI())?.login;
  const { drafts, ids, outsiders } = reviewTasks({ comments, access, me });
  const { output } = asked.context;
  if (outsiders.length > 0)
    output.narrate(
      `left alone: what ${outsiders
        .slice(0, 10)
        .map((login) => plain(login, 60))
        .join(', ')} said, who may not write to the repository`,
    );
  if (drafts.length === 0) return undefined;
  const { queued } = await forge.standing(pull.number);
  if (queued) throw new SwarmError(inQueue(pull, queued));
  output.narrate(`${countText(drafts.length, 'comment')} of ${pull.url} to work on`);
  const { code, run } = await followUp(
    asked,
    pull.head.branch,
    `Address ${countText(drafts.length, 'comment')} of pull request ${pull.number}`,
    drafts,
  );
  // A run that was stopped is resumed, and says it another time: what is told of a comment is told once.
  if (run.state.closed)
    await forge.comment('pull', pull.number, addressedText(run.paths.run, ids, landedIn(run)));
  return code;
}

const inQueue = (pull: PullRequest, queued: NonNullable<PullStanding['queued']>) =>
  ({
    code: 'SW0634',
    what: `pull request ${pull.number} ${queuedText(queued)}`,
    where: pull.url,
    why: 'what is pushed to it takes it out of there',
    fix: 'swarm pr --address, once it is taken out of the queue',
  }) as const;

const landedIn = ({ state }: ReadRun): readonly string[] =>
  [...state.tasks.values()].map((task) => {
    const what = `${task.id} ${task.spec.title}: ${task.state}`;
    return task.state === 'landed' ? `${what} as ${shortCommit(task.commit)}` : what;
  });
