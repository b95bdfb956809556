/** The two questions of GitHub's GraphQL that it has no other answer to. Whoever else asks, with fields of these, is answered too. */
import type { Question, Said } from './question.ts';
import { approvalsLeft, type FakePull, type FakeRepository, type ForgeState, lastVerdicts } from './state.ts';

/** Opaque to whoever is told. */
export const nodeOf = (slug: string, { number }: FakePull): string =>
  `PR_${Buffer.from(`${slug} ${number}`).toString('base64url')}`;

const data = (json: unknown): Said => ({ status: 200, json: { data: json } });
const wrong = (type: string, message: string): Said => ({
  status: 200,
  json: { data: null, errors: [{ type, message }] },
});

export function graphql(state: ForgeState, asked: Question): Said {
  const { query, variables = {} } = asked.body as { query?: string; variables?: Record<string, unknown> };
  const all = [...state.repositories.values()].filter(({ access }) => access.has(asked.login));
  if (query?.includes('markPullRequestReadyForReview'))
    return makeReady(state, all, String(variables.id), asked);
  const repository = all.find(({ slug }) => slug === `${String(variables.owner)}/${String(variables.name)}`);
  const pull = repository?.pulls.find(({ number }) => number === variables.number);
  if (!repository || !pull) return wrong('NOT_FOUND', 'Could not resolve to a PullRequest');
  return data({ repository: { pullRequest: standing(repository, pull, asked) } });
}

function makeReady(
  state: ForgeState,
  all: readonly FakeRepository[],
  id: string,
  { login, mutant }: Question,
): Said {
  for (const repository of all)
    for (const pull of repository.pulls) {
      if (nodeOf(repository.slug, pull) !== id) continue;
      if (!state.mayPush(repository, login))
        return wrong('FORBIDDEN', `${login} does not have the correct permissions`);
      if (mutant !== 'draft-stays') pull.isDraft = false;
      return data({ markPullRequestReadyForReview: { pullRequest: { isDraft: pull.isDraft } } });
    }
  return wrong('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
}

function standing(repository: FakeRepository, pull: FakePull, { mutant }: Question): unknown {
  const place =
    mutant === 'queue-unsaid' ? -1 : (repository.queues.get(pull.base)?.indexOf(pull.number) ?? -1);
  const isRefused = [...lastVerdicts(pull).values()].some(({ verdict }) => verdict === 'CHANGES_REQUESTED');
  const left = approvalsLeft(repository, pull);
  const decision = isRefused ? 'CHANGES_REQUESTED' : left > 0 ? 'REVIEW_REQUIRED' : 'APPROVED';
  return {
    isInMergeQueue: place >= 0,
    mergeQueueEntry: place >= 0 ? { position: place + 1 } : null,
    reviewDecision: mutant === 'approvals-unsaid' || repository.approvals === 0 ? null : decision,
  };
}
