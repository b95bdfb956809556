/** What GitLab's REST API answers, as far as it is used; every text is cut. https://docs.gitlab.com/api/rest/ */
import type { CommitId } from '@swarm/core/model/ids';
import type { ForgeCheck, ForgeComment, ForgeIssue, PullRequest } from '@swarm/core/ports/forge';
import * as z from 'zod';
import { at, commit, line, login, many, text } from './shapes.ts';

const user = z.object({ username: login }).nullish();
const level = z.object({ access_level: z.int() }).nullish();

/** May push: https://docs.gitlab.com/api/access_requests/ (`Developer`). */
export const DEVELOPER = 30;
/** Sees the code: `Reporter`, and `Guest` of what is public. */
export const GUEST = 10;

export const project = z.object({
  id: z.int(),
  path_with_namespace: line,
  web_url: line,
  default_branch: line.nullish(),
  archived: z.boolean().nullish(),
  permissions: z.object({ project_access: level, group_access: level }).nullish(),
  forked_from_project: z.object({ path_with_namespace: line }).nullish(),
  only_allow_merge_if_pipeline_succeeds: z.boolean().nullish(),
});
export type Project = z.output<typeof project>;

const STATES = { opened: 'open', locked: 'open', closed: 'closed', merged: 'merged' } as const;

export const mergeRequest = z.object({
  iid: z.int(),
  web_url: line,
  state: z.enum(['opened', 'locked', 'closed', 'merged']),
  draft: z.boolean().nullish(),
  source_branch: line,
  source_project_id: z.int().nullish(),
  target_project_id: z.int(),
  target_branch: line,
  sha: commit,
  title: line,
  description: text,
  merge_user: user,
  closed_by: user,
  merge_commit_sha: commit.nullish(),
  squash_commit_sha: commit.nullish(),
});

/** @param slug of the repository the branch is in. */
export function pullOf(one: z.output<typeof mergeRequest>, slug: string): PullRequest {
  const by = one.merge_user ?? one.closed_by;
  const mergedAs = one.merge_commit_sha ?? one.squash_commit_sha ?? one.sha;
  return {
    number: one.iid,
    url: one.web_url,
    state: STATES[one.state],
    isDraft: one.draft === true,
    head: { slug, branch: one.source_branch },
    headCommit: one.sha as CommitId,
    base: one.target_branch,
    title: one.title,
    body: one.description,
    ...(by && { endedBy: by.username }),
    ...(one.state === 'merged' && { mergedAs: mergedAs as CommitId }),
  };
}

const CHECKS: Readonly<Record<string, ForgeCheck['state']>> = {
  success: 'passed',
  failed: 'failed',
  canceled: 'failed',
  skipped: 'neutral',
  // Waits for a person, who may never come.
  manual: 'neutral',
};

const status = z
  .object({
    name: line,
    status: z.string(),
    description: line.nullish(),
    target_url: line.nullish(),
    allow_failure: z.boolean().nullish(),
  })
  .transform((one) => {
    const state = CHECKS[one.status] ?? 'pending';
    return {
      mayFail: one.allow_failure === true,
      check: {
        name: one.name,
        state: one.allow_failure === true && state === 'failed' ? 'neutral' : state,
        isRequired: false,
        detail: one.description ?? '',
        url: one.target_url ?? '',
      } satisfies ForgeCheck,
    };
  });
export const statuses = many(status);

const note = z.object({
  id: z.int(),
  body: text,
  author: user,
  created_at: at,
  system: z.boolean().nullish(),
  resolved: z.boolean().nullish(),
  position: z.object({ new_path: line.nullish(), new_line: z.int().nullish() }).nullish(),
});
type Note = z.output<typeof note>;
export const notes = many(note);
export const discussions = many(z.object({ notes: z.array(z.unknown()).max(1_000).transform(notes) }));

/** @param url of what it is on. */
export const commentOf = (one: Note, url: string): ForgeComment => ({
  id: one.position ? `line-${one.id}` : String(one.id),
  author: one.author?.username ?? 'ghost',
  body: one.body,
  at: one.created_at,
  url: `${url}#note_${one.id}`,
  ...(one.position?.new_path && { path: one.position.new_path }),
  ...(one.position?.new_line && { line: one.position.new_line }),
  ...(one.resolved && { isSettled: true as const }),
});

const approval = z.object({ user: z.object({ username: login }), approved_at: at.nullish() });
export const approvals = z.object({
  approvals_left: z.int().nullish(),
  approved_by: z.array(approval).max(500).nullish(),
});
export type Approvals = z.output<typeof approvals>;

export const approvalOf = (
  { user: who, approved_at }: z.output<typeof approval>,
  url: string,
): ForgeComment => ({
  id: `approval-${who.username}`,
  author: who.username,
  body: '',
  at: approved_at ?? 0,
  url,
  verdict: 'approved',
});

/** A place in a merge train: https://docs.gitlab.com/api/merge_trains/ */
export const car = z.object({ status: z.string() });
export const isWaiting = ({ status: now }: z.output<typeof car>): boolean =>
  now !== 'merged' && now !== 'skip_merged';

export const issue = z
  .object({
    iid: z.int(),
    web_url: line,
    title: line,
    description: text,
    author: user,
    state: z.string(),
    labels: z.array(line).max(500),
    assignees: z
      .array(z.object({ username: login }))
      .max(100)
      .nullish(),
    created_at: at,
  })
  .transform(
    (one): ForgeIssue => ({
      number: one.iid,
      url: one.web_url,
      title: one.title,
      body: one.description,
      author: one.author?.username ?? 'ghost',
      isOpen: one.state === 'opened',
      labels: one.labels,
      assignees: (one.assignees ?? []).map(({ username }) => username),
      at: one.created_at,
    }),
  );
export const issues = many(issue);

export const members = many(z.object({ username: login, access_level: z.int() }));
export const me = z.object({ username: login });
export const scopes = z.object({ scopes: z.array(line).max(50) });
