/** What the fake knows, as GitHub's REST API says it. */
import { graphql, nodeOf } from './github-graphql.ts';
import type { Question, Said } from './question.ts';
import {
  type FakeCheck,
  type FakeComment,
  type FakeIssue,
  type FakePull,
  type FakeRepository,
  type ForgeState,
  No,
  sha,
} from './state.ts';

const stamp = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
const user = (login: string) => ({ login, type: login.endsWith('[bot]') ? 'Bot' : 'User' });
const list = (pages: readonly unknown[], inside?: Said['inside']): Said => ({
  status: 200,
  json: undefined,
  pages,
  ...(inside && { inside }),
});
const one = (json: unknown, status = 200): Said => ({ status, json });

export async function githubRoutes(state: ForgeState, asked: Question): Promise<Said | undefined> {
  if (asked.path === 'user') return one(user(asked.login));
  if (asked.path === 'graphql') return graphql(state, asked);
  const match = /^repos\/([^/]+\/[^/]+)(?:\/(.*))?$/.exec(asked.path);
  const repository = match && state.find(match[1]!);
  // What one may not see is not there.
  if (!match || !repository?.access.has(asked.login)) return undefined;
  const rest = match[2] ?? '';
  if (rest === '') return one(repositoryJson(state, repository, asked));
  const parts = rest.split('/').map(decodeURIComponent);
  switch (parts[0]) {
    case 'pulls':
      return pulls(state, repository, parts.slice(1), asked);
    case 'issues':
      return issues(state, repository, parts.slice(1), asked);
    case 'commits':
      return commits(repository, parts.slice(1));
    case 'rules':
      return list(rulesOf(repository, parts.slice(2).join('/'), asked));
    case 'branches':
      return branch(state, repository, parts[1]!, asked);
    case 'collaborators':
      return permission(state, repository, parts[1]!, asked);
    default:
      return undefined;
  }
}

function repositoryJson(state: ForgeState, repository: FakeRepository, { login, web }: Question): unknown {
  const { slug, parent, isArchived } = repository;
  return {
    full_name: slug,
    html_url: `${web}/${slug}`,
    default_branch: 'main',
    archived: isArchived,
    fork: parent !== undefined,
    permissions: { admin: false, push: state.mayPush(repository, login), pull: true },
    ...(parent !== undefined && { parent: { full_name: parent } }),
  };
}

// ───────────── pull requests ─────────────

async function pulls(
  state: ForgeState,
  repository: FakeRepository,
  [number, below]: readonly string[],
  asked: Question,
): Promise<Said | undefined> {
  if (number === undefined) {
    if (asked.method === 'POST') return open(state, repository, asked);
    return findPulls(state, repository, asked);
  }
  const pull = repository.pulls.find((each) => each.number === Number(number));
  if (!pull) return undefined;
  await state.refresh(pull);
  if (below === 'reviews') return list(pull.reviews.map((each) => reviewJson(each, pull, repository, asked)));
  if (below === 'comments')
    return list(pull.onLines.map((each) => onLineJson(each, pull, repository, asked)));
  if (below === 'merge' && asked.method === 'PUT') {
    if (!state.mayPush(repository, asked.login)) throw new No(403, 'Resource not accessible by integration');
    const how = (asked.body.merge_method ?? 'merge') as 'merge';
    return one({ merged: true, sha: await state.merge(repository, pull.number, asked.login, how) });
  }
  if (asked.method === 'PATCH') change(state, repository, pull, asked);
  return one(pullJson(pull, repository, asked, true));
}

async function findPulls(state: ForgeState, repository: FakeRepository, asked: Question): Promise<Said> {
  const { query, mutant } = asked;
  for (const pull of repository.pulls) await state.refresh(pull);
  const [owner, branch] = (query.get('head') ?? '').split(':');
  const wanted = mutant === 'closed-hidden' ? 'open' : (query.get('state') ?? 'open');
  const found = repository.pulls.filter(
    (pull) =>
      (!branch ||
        (pull.headBranch === branch &&
          pull.headSlug.split('/')[0]!.toLowerCase() === owner!.toLowerCase())) &&
      (wanted === 'all' || (wanted === 'open') === (pull.state === 'open')),
  );
  const sorted = query.get('direction') === 'asc' ? found : found.toReversed();
  return list(sorted.map((pull) => pullJson(pull, repository, asked)));
}

async function open(state: ForgeState, repository: FakeRepository, asked: Question): Promise<Said> {
  const { body, login, mutant } = asked;
  const [owner, branch] = String(body.head).includes(':')
    ? String(body.head).split(':')
    : [undefined, String(body.head)];
  const name = String(body.head_repo ?? repository.slug.split('/')[1]);
  const headSlug = owner === undefined ? repository.slug : `${owner}/${name}`;
  const head = state.find(headSlug);
  if (!head || !state.mayPush(head, login))
    throw new No(403, 'Resource not accessible by personal access token');
  const pull = await state.openPull(repository, {
    author: login,
    headSlug: head.slug,
    headBranch: branch!,
    base: String(body.base),
    title: String(body.title),
    body: String(body.body ?? ''),
    isDraft: body.draft === true,
    acceptsSecond: mutant === 'second-accepted',
  });
  return one(pullJson(pull, repository, asked, true), 201);
}

function change(
  state: ForgeState,
  repository: FakeRepository,
  pull: FakePull,
  { body, login }: Question,
): void {
  if (pull.author !== login && !state.mayPush(repository, login)) throw new No(403, 'Must have push access');
  if (String(body.body ?? '').length > 65_536) throw new No(422, 'Validation Failed');
  if (typeof body.title === 'string') pull.title = body.title;
  if (typeof body.body === 'string') pull.body = body.body;
  if (typeof body.base === 'string') pull.base = body.base;
  if (body.state === 'closed' && pull.state === 'open') pull.state = 'closed';
}

function pullJson(
  pull: FakePull,
  { slug }: FakeRepository,
  { web, mutant }: Question,
  isWhole = false,
): unknown {
  const isMerged = pull.state === 'merged';
  return {
    number: pull.number,
    html_url: `${web}/${slug}/pull/${pull.number}`,
    state: pull.state === 'open' ? 'open' : 'closed',
    draft: pull.isDraft && mutant !== 'draft-unsaid',
    node_id: nodeOf(slug, pull),
    merged_at: isMerged ? stamp(pull.at) : null,
    merge_commit_sha: mutant === 'merge-unsaid' ? null : (pull.mergedAs ?? sha(`${pull.headCommit} tried`)),
    // Lists leave it out.
    ...(isWhole && { merged: isMerged, merged_by: isMerged ? user(pull.endedBy ?? 'ghost') : null }),
    user: user(pull.author),
    title: pull.title,
    body: pull.body === '' ? null : pull.body,
    created_at: stamp(pull.at),
    head: {
      ref: pull.headBranch,
      sha: pull.headCommit,
      repo: { full_name: mutant === 'fork-mixed' ? slug : pull.headSlug },
    },
    base: { ref: pull.base, repo: { full_name: slug } },
  };
}

const reviewJson = (review: FakeComment, pull: FakePull, { slug }: FakeRepository, { web }: Question) => ({
  id: review.id,
  user: user(review.author),
  body: review.body,
  state: review.verdict,
  submitted_at: stamp(review.at),
  html_url: `${web}/${slug}/pull/${pull.number}#pullrequestreview-${review.id}`,
});

const onLineJson = (comment: FakeComment, pull: FakePull, { slug }: FakeRepository, { web }: Question) => ({
  id: comment.id,
  user: user(comment.author),
  body: comment.body,
  path: comment.path,
  line: comment.line ?? null,
  created_at: stamp(comment.at),
  html_url: `${web}/${slug}/pull/${pull.number}#discussion_r${comment.id}`,
});

// ───────────── issues ─────────────

async function issues(
  state: ForgeState,
  repository: FakeRepository,
  [number, below]: readonly string[],
  asked: Question,
): Promise<Said | undefined> {
  if (number === undefined) return list(openIssues(repository, asked));
  const issue = [...repository.issues, ...repository.pulls].find((each) => each.number === Number(number));
  if (!issue) return undefined;
  if (below === 'comments') {
    if (asked.method !== 'POST')
      return list(issue.comments.map((each) => commentJson(each, issue, repository, asked)));
    const comment = state.comment(issue, asked.login, String(asked.body.body));
    return one(commentJson(comment, issue, repository, asked), 201);
  }
  return one(issueJson(issue, repository, asked));
}

/** Pull requests are issues to GitHub. */
function openIssues(repository: FakeRepository, asked: Question): readonly unknown[] {
  const label = asked.query.get('labels');
  return [...repository.issues, ...repository.pulls]
    .filter((each) => ('isOpen' in each ? each.isOpen : each.state === 'open'))
    .filter(({ labels }) => label === null || labels.includes(label))
    .toSorted((a, b) => a.at - b.at)
    .map((each) => issueJson(each, repository, asked));
}

function issueJson(issue: FakeIssue | FakePull, { slug }: FakeRepository, { web }: Question): unknown {
  const isPull = 'headBranch' in issue;
  const isOpen = isPull ? issue.state === 'open' : issue.isOpen;
  const address = `${web}/${slug}/${isPull ? 'pull' : 'issues'}/${issue.number}`;
  return {
    number: issue.number,
    html_url: address,
    title: issue.title,
    body: issue.body === '' ? null : issue.body,
    user: user(issue.author),
    state: isOpen ? 'open' : 'closed',
    labels: issue.labels.map((name) => ({ name })),
    assignees: issue.assignees.map(user),
    created_at: stamp(issue.at),
    ...(isPull && { pull_request: { html_url: address } }),
  };
}

const commentJson = (
  comment: FakeComment,
  on: FakeIssue | FakePull,
  { slug }: FakeRepository,
  { web }: Question,
) => ({
  id: comment.id,
  user: user(comment.author),
  body: comment.body,
  created_at: stamp(comment.at),
  html_url: `${web}/${slug}/issues/${on.number}#issuecomment-${comment.id}`,
});

// ───────────── checks, branches, people ─────────────

function commits(repository: FakeRepository, [commit, what]: readonly string[]): Said | undefined {
  const checks = repository.checks.get(commit!) ?? [];
  if (what === 'check-runs') {
    const runs = checks.filter(({ kind }) => kind === 'run').map(runJson);
    return list(runs, (page, all) => ({ total_count: all, check_runs: page }));
  }
  if (what !== 'status') return undefined;
  const statuses = checks.filter(({ kind }) => kind === 'status').map(statusJson);
  return list(statuses, (page) => ({ state: 'pending', sha: commit, statuses: page }));
}

const runJson = ({ id, name, state, summary }: FakeCheck) => ({
  id,
  name,
  status: state === 'pending' ? 'in_progress' : 'completed',
  conclusion: state === 'pending' ? null : state,
  html_url: `https://ci.example/${id}`,
  output: { title: null, summary, text: null },
});

const statusJson = ({ name, state, summary }: FakeCheck) => ({
  context: name,
  state,
  description: summary,
  target_url: null,
});

async function branch(
  state: ForgeState,
  repository: FakeRepository,
  name: string,
  { login, mutant }: Question,
): Promise<Said | undefined> {
  const commit = await repository.refs.head(name);
  if (commit === undefined) return undefined;
  const contexts = repository.required.get(name);
  const isSeen = contexts && state.mayPush(repository, login) && mutant !== 'required-unsaid';
  return one({
    name,
    commit: { sha: commit },
    protected: contexts !== undefined,
    ...(isSeen && {
      protection: { enabled: true, required_status_checks: { enforcement_level: 'everyone', contexts } },
    }),
  });
}

function rulesOf(
  { rulesets, queues }: FakeRepository,
  branch: string,
  { mutant }: Question,
): readonly unknown[] {
  if (mutant === 'ruleset-unsaid') return [];
  const contexts = rulesets.get(branch);
  const from = { ruleset_source_type: 'Repository', ruleset_id: 42 };
  const required = contexts?.map((context) => ({ context, integration_id: 15_368 }));
  const parameters = { required_status_checks: required, strict_required_status_checks_policy: false };
  return [
    { type: 'deletion', ...from },
    ...(contexts ? [{ type: 'required_status_checks', parameters, ...from }] : []),
    ...(queues.has(branch) ? [{ type: 'merge_queue', parameters: { merge_method: 'MERGE' }, ...from }] : []),
  ];
}

function permission(state: ForgeState, repository: FakeRepository, login: string, asked: Question): Said {
  if (!state.mayPush(repository, asked.login))
    throw new No(403, 'Must have push access to view collaborator permission.');
  return one({ permission: repository.access.get(login) ?? 'none', user: user(login) });
}
