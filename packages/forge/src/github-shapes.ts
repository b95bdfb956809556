/** What GitHub's REST API answers, as far as it is used; every text is cut. https://docs.github.com/en/rest */
import type { CommitId } from '@swarm/core/model/ids';
import type {
  ForgeAccess,
  ForgeCheck,
  ForgeComment,
  ForgeIssue,
  ForgeRepository,
  PullRequest,
  PullStanding,
} from '@swarm/core/ports/forge';
import * as z from 'zod';
import { at, commit, line, login, many, text } from './shapes.ts';

const user = z.object({ login }).nullish();
const author = user.transform((one) => one?.login ?? 'ghost');

export const repository = z
  .object({
    full_name: line,
    html_url: line,
    default_branch: line,
    archived: z.boolean().optional(),
    permissions: z.object({ push: z.boolean().optional() }).optional(),
    parent: z.object({ full_name: line }).nullish(),
  })
  .transform(
    (one): ForgeRepository => ({
      slug: one.full_name,
      url: one.html_url,
      defaultBranch: one.default_branch,
      canPush: one.permissions?.push === true,
      isArchived: one.archived === true,
      ...(one.parent && { parent: one.parent.full_name }),
    }),
  );

export const pull = z
  .object({
    number: z.int(),
    html_url: line,
    state: z.enum(['open', 'closed']),
    draft: z.boolean().nullish(),
    merged_at: z.string().nullish(),
    merged_by: user,
    // Of one that is open it is a merge that was tried.
    merge_commit_sha: commit.nullish(),
    // Undefined where the fork is gone.
    head: z.object({ ref: line, sha: commit, repo: z.object({ full_name: line }).nullish() }),
    base: z.object({ ref: line }),
    title: line,
    body: text,
  })
  .transform(
    (one): PullRequest => ({
      number: one.number,
      url: one.html_url,
      state: one.merged_at ? 'merged' : one.state,
      isDraft: one.draft === true,
      head: { slug: one.head.repo?.full_name ?? '', branch: one.head.ref },
      headCommit: one.head.sha as CommitId,
      base: one.base.ref,
      title: one.title,
      body: one.body,
      ...(one.merged_by && { endedBy: one.merged_by.login }),
      ...(one.merged_at && one.merge_commit_sha && { mergedAs: one.merge_commit_sha as CommitId }),
    }),
  );

/** What GraphQL calls it by. */
export const node = z.object({ node_id: line });

const ready = z.object({ pullRequest: z.object({ isDraft: z.literal(false) }) });
export const madeReady = z.object({ data: z.object({ markPullRequestReadyForReview: ready }) });

const DECISIONS: Readonly<Record<string, PullStanding['wants']>> = {
  REVIEW_REQUIRED: 'approval',
  CHANGES_REQUESTED: 'changes',
};

const stands = z.object({
  isInMergeQueue: z.boolean().nullish(),
  mergeQueueEntry: z.object({ position: z.int() }).nullish(),
  reviewDecision: z.string().nullish(),
});
export const standing = z
  .object({ data: z.object({ repository: z.object({ pullRequest: stands }) }) })
  .transform(({ data }): PullStanding => {
    const { isInMergeQueue, mergeQueueEntry: entry, reviewDecision } = data.repository.pullRequest;
    const wants = DECISIONS[reviewDecision ?? ''];
    return {
      ...((isInMergeQueue || entry) && { queued: entry ? { place: entry.position } : {} }),
      ...(wants && { wants }),
    };
  });

const CONCLUSIONS: Readonly<Record<string, ForgeCheck['state']>> = {
  success: 'passed',
  neutral: 'neutral',
  skipped: 'neutral',
  // Newer ones are no success.
};

const run = z
  .object({
    name: line,
    status: z.string(),
    conclusion: z.string().nullish(),
    html_url: line.nullish(),
    output: z.object({ title: line.nullish(), summary: text, text }).partial().nullish(),
  })
  .transform((one): ForgeCheck => {
    const { title, summary, text: words } = one.output ?? {};
    return {
      name: one.name,
      state: one.status === 'completed' ? (CONCLUSIONS[one.conclusion ?? ''] ?? 'failed') : 'pending',
      isRequired: false,
      detail: [title, summary, words].filter(Boolean).join('\n'),
      url: one.html_url ?? '',
    };
  });
export const runs = many(run);

const status = z
  .object({ context: line, state: z.string(), description: line.nullish(), target_url: line.nullish() })
  .transform(
    (one): ForgeCheck => ({
      name: one.context,
      state: one.state === 'success' ? 'passed' : one.state === 'pending' ? 'pending' : 'failed',
      isRequired: false,
      detail: one.description ?? '',
      url: one.target_url ?? '',
    }),
  );
export const statuses = many(status);

/** Whoever may push sees what the branch requires. */
export const branch = z.object({
  protection: z
    .object({ required_status_checks: z.object({ contexts: z.array(line).max(200) }).nullish() })
    .nullish(),
});

/** Of a ruleset's rules those that name checks: https://docs.github.com/en/rest/repos/rules */
const rule = z
  .object({
    type: z.literal('required_status_checks'),
    parameters: z.object({ required_status_checks: z.array(z.object({ context: line })).max(200) }),
  })
  .transform(({ parameters }) => parameters.required_status_checks.map(({ context }) => context));
export const rules = many(rule);

const comment = z.object({ id: z.int(), user, body: text, created_at: at, html_url: line }).transform(
  (one): ForgeComment => ({
    id: String(one.id),
    author: one.user?.login ?? 'ghost',
    body: one.body,
    at: one.created_at,
    url: one.html_url,
  }),
);
export const comments = many(comment);

const onLine = z
  .object({
    id: z.int(),
    user,
    body: text,
    created_at: at,
    html_url: line,
    path: line,
    line: z.int().nullish(),
  })
  .transform(
    (one): ForgeComment => ({
      id: `line-${one.id}`,
      author: one.user?.login ?? 'ghost',
      body: one.body,
      at: one.created_at,
      url: one.html_url,
      path: one.path,
      ...(one.line ? { line: one.line } : { isSettled: true as const }),
    }),
  );
export const onLines = many(onLine);

const VERDICTS: Readonly<Record<string, NonNullable<ForgeComment['verdict']>>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes-requested',
};

const review = z
  .object({ id: z.int(), user, body: text, state: z.string(), submitted_at: at.optional(), html_url: line })
  .transform(
    (one): ForgeComment => ({
      id: `review-${one.id}`,
      author: one.user?.login ?? 'ghost',
      body: one.body,
      at: one.submitted_at ?? 0,
      url: one.html_url,
      verdict: VERDICTS[one.state] ?? 'commented',
      ...(one.state === 'DISMISSED' && { isSettled: true as const }),
    }),
  );
export const reviews = many(review);

const label = z.union([line, z.object({ name: line.nullish() }).transform((one) => one.name ?? '')]);

export const issue = z
  .object({
    number: z.int(),
    html_url: line,
    title: line,
    body: text,
    user: author,
    state: z.string(),
    labels: z.array(label).max(500),
    assignees: z.array(z.object({ login })).max(100).nullish(),
    created_at: at,
    // GitHub lists pull requests among issues.
    pull_request: z.unknown().optional(),
  })
  .transform((one) => ({
    isPull: one.pull_request !== undefined && one.pull_request !== null,
    issue: {
      number: one.number,
      url: one.html_url,
      title: one.title,
      body: one.body,
      author: one.user,
      isOpen: one.state === 'open',
      labels: one.labels,
      assignees: (one.assignees ?? []).map((each) => each.login),
      at: one.created_at,
    } satisfies ForgeIssue,
  }));

export const permission = z
  .object({ permission: z.string() })
  .transform(({ permission: said }): ForgeAccess => {
    if (said === 'admin' || said === 'write' || said === 'maintain') return 'write';
    return said === 'none' ? 'none' : 'read';
  });

export const me = z.object({ login });
