/** GitLab by its REST API, also one of one's own: https://docs.gitlab.com/api/rest/ */
import type { CommitId } from '@swarm/core/model/ids';
import type {
  Forge,
  ForgeAccess,
  ForgeBranch,
  ForgeCheck,
  ForgeComment,
  ForgeIssue,
  ForgeRepository,
  OpenOutcome,
  PullRequest,
  PullRequestDraft,
  PullStanding,
} from '@swarm/core/ports/forge';
import * as shapes from './gitlab-shapes.ts';
import { Http, type HttpOptions, Silent } from './http.ts';
import { many, read } from './shapes.ts';

export interface GitLabOptions extends Omit<HttpOptions, 'headers'> {
  readonly slug: string;
  readonly token: string;
}

export class GitLab implements Forge {
  readonly kind = 'gitlab';
  readonly slug: string;
  readonly #http: Http;
  readonly #at: string;

  constructor({ slug, token, ...options }: GitLabOptions) {
    this.slug = slug;
    this.#at = addressOf(slug);
    this.#http = new Http({
      ...options,
      headers: { accept: 'application/json', authorization: `Bearer ${token}`, 'user-agent': 'swarm' },
    });
  }

  async repository(): Promise<ForgeRepository | undefined> {
    const one = await this.#project(this.#at);
    if (!one) return undefined;
    const { project_access: own, group_access: group } = one.permissions ?? {};
    const level = Math.max(own?.access_level ?? 0, group?.access_level ?? 0);
    return {
      slug: one.path_with_namespace,
      url: one.web_url,
      defaultBranch: one.default_branch ?? '',
      canPush: level >= shapes.DEVELOPER,
      isArchived: one.archived === true,
      ...(one.forked_from_project && { parent: one.forked_from_project.path_with_namespace }),
    };
  }

  async whoAmI() {
    const user = await this.#one('user', shapes.me, 'a user');
    if (!user) return undefined;
    const self = await this.#http.ask({ method: 'GET', path: 'personal_access_tokens/self' });
    const told = shapes.scopes.safeParse(self.json);
    return { login: user.username, ...(self.status === 200 && told.success && { scopes: told.data.scopes }) };
  }

  async findPulls({ slug, branch }: ForgeBranch): Promise<readonly PullRequest[]> {
    const source = await this.#project(addressOf(slug));
    const query = { source_branch: branch, state: 'all', order_by: 'created_at', sort: 'desc' };
    const found = many(shapes.mergeRequest)(await this.#list(`${this.#at}/merge_requests`, query));
    return found
      .filter((one) => one.source_branch === branch && one.source_project_id === source?.id)
      .map((one) => shapes.pullOf(one, slug));
  }

  async pull(number: number): Promise<PullRequest | undefined> {
    const one = await this.#one(
      `${this.#at}/merge_requests/${number}`,
      shapes.mergeRequest,
      'a merge request',
    );
    return one && shapes.pullOf(one, await this.#slugOf(one.source_project_id, one.target_project_id));
  }

  /** Undefined where the fork is gone. */
  async #slugOf(source: number | null | undefined, target: number): Promise<string> {
    if (source === target) return this.slug;
    const fork = source ? await this.#project(`projects/${source}`) : undefined;
    return fork?.path_with_namespace ?? '';
  }

  async openPull({ head, base, title, body, isDraft }: PullRequestDraft): Promise<OpenOutcome> {
    const target = await this.#project(this.#at);
    if (!target) return { kind: 'refused', why: `there is no ${this.slug}` };
    const asked = {
      source_branch: head.branch,
      target_branch: base,
      target_project_id: target.id,
      title: isDraft ? `Draft: ${title}` : title,
      description: body,
      remove_source_branch: false,
    };
    try {
      const path = `${addressOf(head.slug)}/merge_requests`;
      const answer = await this.#http.once({ method: 'POST', path, body: asked });
      if (answer.status !== 201)
        return { kind: 'refused', why: answer.message || `it answered ${answer.status}` };
      const made = read(shapes.mergeRequest, answer.json, 'a merge request');
      return { kind: 'opened', pull: shapes.pullOf(made, head.slug) };
    } catch (error) {
      if (!(error instanceof Silent)) throw error;
      return { kind: 'unclear', why: error.message };
    }
  }

  async updatePull(
    number: number,
    { title, body, base }: { readonly title?: string; readonly body?: string; readonly base?: string },
  ): Promise<string | undefined> {
    const change = {
      ...(title !== undefined && { title }),
      ...(body !== undefined && { description: body }),
      ...(base !== undefined && { target_branch: base }),
    };
    const path = `${this.#at}/merge_requests/${number}`;
    const answer = await this.#http.ask({ method: 'PUT', path, body: change });
    return answer.status === 200 ? undefined : answer.message || `it answered ${answer.status}`;
  }

  /** To GitLab a draft is one whose title says so. */
  async makeReady(number: number): Promise<string | undefined> {
    const pull = await this.pull(number);
    if (!pull) return 'it is gone';
    const title = pull.title.replace(/^(?:\s*(?:draft:|\[draft\]|\(draft\)))+\s*/i, '');
    return title === pull.title ? undefined : this.updatePull(number, { title });
  }

  /** Both are parts of GitLab that not everybody has: where they are not, nothing is known. */
  async standing(number: number): Promise<PullStanding> {
    const [train, approvals] = await Promise.all([
      this.#http.ask({ method: 'GET', path: `${this.#at}/merge_trains/merge_requests/${number}` }),
      this.#approvals(number),
    ]);
    const car = train.status === 200 ? shapes.car.safeParse(train.json) : undefined;
    return {
      ...(car?.success && shapes.isWaiting(car.data) && { queued: {} }),
      ...((approvals?.approvals_left ?? 0) > 0 && { wants: 'approval' as const }),
    };
  }

  async #approvals(number: number): Promise<shapes.Approvals | undefined> {
    const path = `${this.#at}/merge_requests/${number}/approvals`;
    const { status, json } = await this.#http.ask({ method: 'GET', path });
    const told = status === 200 ? shapes.approvals.safeParse(json) : undefined;
    return told?.success ? told.data : undefined;
  }

  /** GitLab requires no check by its name: where pipelines must succeed, everything that may not fail is required. */
  async checks(commit: CommitId, _base: string): Promise<readonly ForgeCheck[]> {
    const [told, project] = await Promise.all([
      this.#list(`${this.#at}/repository/commits/${commit}/statuses`),
      this.#project(this.#at),
    ]);
    const all = shapes.statuses(told);
    const isStrict = project?.only_allow_merge_if_pipeline_succeeds === true;
    if (isStrict && all.length === 0)
      return [{ name: 'pipeline', state: 'pending', isRequired: true, detail: 'not seen yet', url: '' }];
    return all.map(({ check, mayFail }) => ({ ...check, isRequired: isStrict && !mayFail }));
  }

  async reviews(number: number): Promise<readonly ForgeComment[]> {
    const on = `${this.#at}/merge_requests/${number}`;
    const [all, pull, approvals] = await Promise.all([
      this.#list(`${on}/discussions`),
      this.pull(number),
      this.#approvals(number),
    ]);
    const url = pull?.url ?? '';
    const notes = shapes.discussions(all).flatMap((one) => one.notes);
    const said = notes.filter(({ system }) => !system).map((one) => shapes.commentOf(one, url));
    const yes = (approvals?.approved_by ?? []).map((one) => shapes.approvalOf(one, url));
    return [...said, ...yes].toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id));
  }

  issue(number: number): Promise<ForgeIssue | undefined> {
    return this.#one(`${this.#at}/issues/${number}`, shapes.issue, 'an issue');
  }

  async comments(number: number): Promise<readonly ForgeComment[]> {
    const query = { order_by: 'created_at', sort: 'asc' };
    const [all, issue] = await Promise.all([
      this.#list(`${this.#at}/issues/${number}/notes`, query),
      this.issue(number),
    ]);
    const own = shapes.notes(all).filter(({ system }) => !system);
    return own.map((one) => shapes.commentOf(one, issue?.url ?? ''));
  }

  async comment(on: 'issue' | 'pull', number: number, body: string): Promise<string> {
    const place = `${this.#at}/${on === 'issue' ? 'issues' : 'merge_requests'}/${number}`;
    const asked = { method: 'POST', path: `${place}/notes`, body: { body } } as const;
    const answer = await this.#http.once(asked).catch((error: unknown) => {
      throw error instanceof Silent
        ? this.#http.refused({ status: 0, message: error.message }, 'a comment')
        : error;
    });
    if (answer.status !== 201) throw this.#http.refused(answer, `a comment on ${number}`);
    const there = on === 'issue' ? await this.issue(number) : await this.pull(number);
    const [note] = shapes.notes([answer.json]);
    return note ? shapes.commentOf(note, there?.url ?? '').url : '';
  }

  async issuesLabelled(label: string): Promise<readonly ForgeIssue[]> {
    const query = { labels: label, state: 'opened', order_by: 'created_at', sort: 'asc' };
    return shapes.issues(await this.#list(`${this.#at}/issues`, query));
  }

  async access(login: string): Promise<ForgeAccess> {
    const found = await this.#http.list({ path: `${this.#at}/members/all`, query: { query: login } });
    if (!found) return 'unknown';
    const member = shapes.members(found).find(({ username }) => username === login);
    if (!member) return 'none';
    if (member.access_level >= shapes.DEVELOPER) return 'write';
    return member.access_level >= shapes.GUEST ? 'read' : 'none';
  }

  // ───────────── questions ─────────────

  #project(path: string): Promise<shapes.Project | undefined> {
    return this.#one(path, shapes.project, 'a project');
  }

  /** Undefined where there is none. */
  async #one<T>(path: string, shape: Parameters<typeof read<T>>[0], what: string): Promise<T | undefined> {
    const answer = await this.#http.ask({ method: 'GET', path });
    if (answer.status === 404 || (answer.status === 403 && path === 'user')) return undefined;
    if (answer.status !== 200) throw this.#http.refused(answer, `GET ${path}`);
    return read(shape, answer.json, what);
  }

  async #list(path: string, query: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    return (await this.#http.list({ path, query })) ?? [];
  }
}

/** Its groups may be several: the whole is one part of the address. */
const addressOf = (slug: string): string => `projects/${encodeURIComponent(slug)}`;
