/** What the fake knows, as GitLab's REST API says it. */
import type { Question, Said } from './question.ts';
import {
  approvalsLeft,
  type FakeCheck,
  type FakeComment,
  type FakeIssue,
  type FakePull,
  type FakeRepository,
  type ForgeState,
  lastVerdicts,
  No,
} from './state.ts';

const stamp = (ms: number): string => new Date(ms).toISOString();
const user = (username: string) => ({ username, state: 'active' });
const list = (pages: readonly unknown[]): Said => ({ status: 200, json: undefined, pages });
const one = (json: unknown, status = 200): Said => ({ status, json });
const LEVELS = { admin: 50, write: 30, read: 20 } as const;

export async function gitlabRoutes(state: ForgeState, asked: Question): Promise<Said | undefined> {
  if (asked.path === 'user') return one(user(asked.login));
  if (asked.path === 'personal_access_tokens/self') return one({ scopes: ['api'] });
  const match = /^projects\/([^/]+)(?:\/(.*))?$/.exec(asked.path);
  const repository = match ? projectOf(state, decodeURIComponent(match[1]!)) : undefined;
  if (!repository?.access.has(asked.login)) return undefined;
  const parts = (match![2] ?? '').split('/').map(decodeURIComponent);
  switch (parts[0]) {
    case '':
      return one(projectJson(state, repository, asked));
    case 'merge_requests':
      return mergeRequests(state, repository, parts.slice(1), asked);
    case 'merge_trains':
      return trainOf(repository, Number(parts[2]), asked);
    case 'issues':
      return issues(state, repository, parts.slice(1), asked);
    case 'repository':
      return list((repository.checks.get(parts[2]!) ?? []).map(statusJson));
    case 'members':
      return list(members(repository, asked));
    default:
      return undefined;
  }
}

/** By its number or its path. */
function projectOf(state: ForgeState, name: string): FakeRepository | undefined {
  return /^\d+$/.test(name) ? [...state.repositories.values()][Number(name) - 1] : state.find(name);
}

const idOf = (state: ForgeState, slug: string): number =>
  [...state.repositories.keys()].indexOf(slug.toLowerCase()) + 1;

function projectJson(
  state: ForgeState,
  repository: FakeRepository,
  { web, login, mutant }: Question,
): unknown {
  const { slug, parent, isArchived, required } = repository;
  const level = LEVELS[repository.access.get(login)!];
  return {
    id: idOf(state, slug),
    path_with_namespace: slug,
    web_url: `${web}/${slug}`,
    default_branch: 'main',
    archived: isArchived,
    permissions: { project_access: { access_level: level }, group_access: null },
    ...(parent !== undefined && { forked_from_project: { path_with_namespace: parent } }),
    only_allow_merge_if_pipeline_succeeds: required.size > 0 && mutant !== 'required-unsaid',
  };
}

// ───────────── merge requests ─────────────

async function mergeRequests(
  state: ForgeState,
  repository: FakeRepository,
  [number, below]: readonly string[],
  asked: Question,
): Promise<Said | undefined> {
  if (number === undefined)
    return asked.method === 'POST' ? open(state, repository, asked) : find(state, repository, asked);
  const pull = repository.pulls.find((each) => each.number === Number(number));
  if (!pull) return undefined;
  await state.refresh(pull);
  if (below === 'approvals') return approvalsOf(repository, pull, asked);
  if (below === 'discussions') return list(discussionsOf(pull));
  if (below === 'notes' && asked.method === 'POST')
    return one(noteJson(state.comment(pull, asked.login, String(asked.body.body))), 201);
  if (below === 'merge' && asked.method === 'PUT') {
    await state.merge(repository, pull.number, asked.login);
    return one(pullJson(state, repository, pull, asked));
  }
  if (asked.method === 'PUT') change(pull, asked);
  return one(pullJson(state, repository, pull, asked));
}

async function find(state: ForgeState, repository: FakeRepository, asked: Question): Promise<Said> {
  const { query, mutant } = asked;
  for (const pull of repository.pulls) await state.refresh(pull);
  const branch = query.get('source_branch');
  const wanted = mutant === 'closed-hidden' ? 'opened' : (query.get('state') ?? 'all');
  const found = repository.pulls.filter(
    (pull) =>
      (branch === null || pull.headBranch === branch) && (wanted === 'all' || stateOf(pull) === wanted),
  );
  const sorted = query.get('sort') === 'asc' ? found : found.toReversed();
  return list(sorted.map((pull) => pullJson(state, repository, pull, asked)));
}

/** It is asked of the project that has the branch, and goes to the one named. */
async function open(state: ForgeState, source: FakeRepository, asked: Question): Promise<Said> {
  const { body, login, mutant } = asked;
  const target = body.target_project_id ? projectOf(state, String(body.target_project_id)) : source;
  if (!target || !state.mayPush(source, login)) throw new No(403, '403 Forbidden');
  try {
    const pull = await state.openPull(target, {
      author: login,
      headSlug: source.slug,
      headBranch: String(body.source_branch),
      base: String(body.target_branch),
      title: String(body.title),
      isDraft: DRAFT.test(String(body.title)),
      body: String(body.description ?? ''),
      acceptsSecond: mutant === 'second-accepted',
    });
    return one(pullJson(state, target, pull, asked), 201);
  } catch (error) {
    if (!(error instanceof No)) throw error;
    const [told] = error.errors as { message?: string; field?: string }[];
    if (told?.message?.includes('already exists'))
      throw new No(
        409,
        `Another open merge request already exists for this source branch: !${target.pulls[0]!.number}`,
      );
    throw new No(422, told?.message ?? `${told?.field ?? 'source_branch'} does not exist`);
  }
}

const DRAFT = /^(?:draft:|\[draft\]|\(draft\))/i;

function change(pull: FakePull, { body, mutant }: Question): void {
  if (typeof body.title === 'string' && mutant !== 'draft-stays') {
    pull.title = body.title;
    pull.isDraft = DRAFT.test(body.title);
  }
  if (typeof body.description === 'string') pull.body = body.description;
  if (typeof body.target_branch === 'string') pull.base = body.target_branch;
  if (body.state_event === 'close' && pull.state === 'open') pull.state = 'closed';
}

const stateOf = ({ state }: FakePull): string => (state === 'open' ? 'opened' : state);

function pullJson(
  state: ForgeState,
  { slug }: FakeRepository,
  pull: FakePull,
  { web, mutant }: Question,
): unknown {
  const by = pull.endedBy === undefined ? null : user(pull.endedBy);
  return {
    iid: pull.number,
    web_url: `${web}/${slug}/-/merge_requests/${pull.number}`,
    state: stateOf(pull),
    draft: pull.isDraft && mutant !== 'draft-unsaid',
    source_branch: pull.headBranch,
    source_project_id: idOf(state, mutant === 'fork-mixed' ? slug : pull.headSlug),
    target_project_id: idOf(state, slug),
    target_branch: pull.base,
    sha: pull.headCommit,
    title: pull.title,
    description: pull.body,
    author: user(pull.author),
    merge_user: pull.state === 'merged' ? by : null,
    closed_by: pull.state === 'closed' ? by : null,
    merge_commit_sha: mutant === 'merge-unsaid' ? null : (pull.mergedAs ?? null),
    squash_commit_sha: null,
    created_at: stamp(pull.at),
  };
}

const discussionsOf = ({ comments, onLines }: FakePull): readonly unknown[] =>
  [...comments, ...onLines].map((each) => ({
    id: `d${each.id}`,
    notes: [
      noteJson(each),
      { ...noteJson(each), id: each.id + 500_000, system: true, body: 'changed the description' },
    ],
  }));

const noteJson = ({ id, body, author, at, path, line }: FakeComment) => ({
  id,
  body,
  author: user(author),
  created_at: stamp(at),
  system: false,
  ...(path !== undefined && { position: { new_path: path, new_line: line ?? null } }),
});

function approvalsOf(repository: FakeRepository, pull: FakePull, { mutant }: Question): Said | undefined {
  // A part that not everybody has.
  if (mutant === 'approvals-unsaid') return undefined;
  const given = [...lastVerdicts(pull).values()].filter(({ verdict }) => verdict === 'APPROVED');
  const left = approvalsLeft(repository, pull);
  return one({
    approvals_required: repository.approvals,
    approvals_left: left,
    approved: left === 0,
    approved_by: given.map(({ author, at }) => ({ user: user(author), approved_at: stamp(at) })),
  });
}

function trainOf({ queues, pulls }: FakeRepository, number: number, { mutant }: Question): Said | undefined {
  const pull = pulls.find((each) => each.number === number);
  if (mutant === 'queue-unsaid' || !pull || !queues.get(pull.base)?.includes(number)) return undefined;
  return one({ id: 1, merge_request: { iid: number }, target_branch: pull.base, status: 'fresh' });
}

// ───────────── issues, checks, people ─────────────

async function issues(
  state: ForgeState,
  repository: FakeRepository,
  [number, below]: readonly string[],
  asked: Question,
): Promise<Said | undefined> {
  if (number === undefined) {
    const label = asked.query.get('labels');
    const open = repository.issues.filter(
      (each) => each.isOpen && (label === null || each.labels.includes(label)),
    );
    return list(open.map((each) => issueJson(each, repository, asked)));
  }
  const issue = repository.issues.find((each) => each.number === Number(number));
  if (!issue) return undefined;
  if (below !== 'notes') return one(issueJson(issue, repository, asked));
  if (asked.method === 'POST')
    return one(noteJson(state.comment(issue, asked.login, String(asked.body.body))), 201);
  return list(issue.comments.map(noteJson));
}

const issueJson = (issue: FakeIssue, { slug }: FakeRepository, { web }: Question): unknown => ({
  iid: issue.number,
  web_url: `${web}/${slug}/-/issues/${issue.number}`,
  title: issue.title,
  description: issue.body,
  author: user(issue.author),
  state: issue.isOpen ? 'opened' : 'closed',
  labels: issue.labels,
  assignees: issue.assignees.map(user),
  created_at: stamp(issue.at),
});

const STATUSES = { pending: 'running', success: 'success', failure: 'failed', neutral: 'skipped' } as const;

const statusJson = ({ id, name, state, summary }: FakeCheck) => ({
  id,
  name,
  status: STATUSES[state],
  description: summary,
  target_url: null,
  allow_failure: false,
});

function members({ access }: FakeRepository, { query }: Question): readonly unknown[] {
  const wanted = query.get('query') ?? '';
  return [...access].flatMap(([login, level]) =>
    login.includes(wanted) ? [{ username: login, access_level: LEVELS[level] }] : [],
  );
}
