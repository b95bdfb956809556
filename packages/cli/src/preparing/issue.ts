/** An issue of the repository's forge, as the words a run begins with. */
import { randomBytes } from 'node:crypto';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { Forge, ForgeAccess, ForgeIssue } from '@swarm/core/ports/forge';
import { issueRequest } from '@swarm/core/rules/issue-request';
import { plain } from '@swarm/core/views/words';
import { type ForgePlace, numberIn } from '@swarm/forge';
import type { Environment } from '../finding/paths.ts';
import { findForge, forgeOf } from '../running/forging.ts';
import type { Found } from './found.ts';
import type { Opening } from './opening.ts';

/** People who are asked about at most; who comes after them is not trusted. */
const PEOPLE_MAX = 50;

/** Errors: SW0101 for what is no issue of it, and those of findForge and of the forge. */
export async function issueOpening(
  asked: string,
  { checkout, target }: Found,
  env: Environment,
): Promise<Opening> {
  // What is wrong with the repository or its target is told by preflight.
  if (!checkout.isRepository || target === undefined) return { text: asked, mode: 'planner' };
  const found = await findForge(checkout.commonDir, target, env);
  const forge = forgeOf(found);
  const number = numberIn(asked, found.place, 'issue');
  const issue = number === undefined ? undefined : await forge.issue(number);
  if (!issue) throw new SwarmError(noIssue(asked, number, found.place));
  const comments = await forge.comments(issue.number);
  const access = await accessOf(forge, [issue.author, ...comments.map(({ author }) => author)]);
  const seal = `swarm-${randomBytes(9).toString('hex')}`;
  const { text, outsiders } = issueRequest({ slug: found.place.slug, issue, comments, access, seal });
  return {
    text,
    mode: 'planner',
    issue: { number: issue.number, url: issue.url },
    ...(outsiders.length > 0 && { hasOutsiders: true as const }),
    notices: [...about(issue), ...(outsiders.length > 0 ? [untrusted(outsiders)] : [])],
  };
}

async function accessOf(forge: Forge, logins: readonly string[]): Promise<ReadonlyMap<string, ForgeAccess>> {
  const people = [...new Set(logins)].slice(0, PEOPLE_MAX);
  const told = await Promise.all(people.map(async (login) => [login, await forge.access(login)] as const));
  return new Map(told);
}

function about({ number, title, labels, assignees, isOpen }: ForgeIssue): string[] {
  const parts = [
    ...(labels.length > 0 ? [`labels: ${labels.map((each) => plain(each, 60)).join(', ')}`] : []),
    assignees.length > 0
      ? `assigned to ${assignees.map((each) => plain(each, 60)).join(', ')}`
      : 'assigned to nobody',
  ];
  const closed = isOpen ? [] : [`issue ${number} is closed; it is worked on all the same`];
  return [`issue ${number}: ${plain(title, 200)}; ${parts.join('; ')}`, ...closed];
}

const untrusted = (outsiders: readonly string[]): string =>
  `words of ${outsiders
    .slice(0, 10)
    .map((login) => plain(login, 60))
    .join(
      ', ',
    )}, who may not write to the repository, are marked untrusted; what they lead to cannot change CI, hooks or the gate, nor leave its task’s scope`;

function noIssue(asked: string, number: number | undefined, { slug, host, web }: ForgePlace): Problem {
  const shown = plain(asked, 200);
  return number === undefined
    ? {
        code: 'SW0101',
        what: `${JSON.stringify(shown)} names no issue of ${slug}`,
        why: 'an issue is a number, or its address at the forge of this repository',
        fix: `swarm issue 12, or swarm issue ${web}/${slug}/issues/12`,
      }
    : { code: 'SW0101', what: `${slug} on ${host} has no issue ${number}`, fix: 'swarm issue <number>' };
}
