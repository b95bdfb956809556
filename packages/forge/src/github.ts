/** GitHub by its REST API, also GitHub Enterprise: https://docs.github.com/en/rest */
import type { CommitId } from '@swarm/core/model/ids';
import type {
  Forge,
  ForgeAccess,
  ForgeBranch,
  ForgeCheck,
  ForgeComment,
  ForgeIssue,
  OpenOutcome,
  PullRequest,
  PullRequestDraft,
  PullStanding,
} from '@swarm/core/ports/forge';
import { graphqlPath, READY, STANDING } from './github-graphql.ts';
import * as shapes from './github-shapes.ts';
import { Http, type HttpOptions, Silent } from './http.ts';
import { read } from './shapes.ts';

export interface GitHubOptions extends Omit<HttpOptions, 'headers'> {
  readonly slug: string;
  readonly token: string;
}

/** A page of runs is no list but has one. */
const inside = (field: string) => (json: unknown) => (json as Record<string, unknown> | undefined)?.[field];

export class GitHub implements Forge {
  readonly kind = 'github';
  readonly slug: string;
  readonly #http: Http;
  readonly #graphql: string;

  constructor({ slug, token, ...options }: GitHubOptions) {
    this.slug = slug;
    this.#graphql = graphqlPath(options.api);
    this.#http = new Http({
      ...options,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'user-agent': 'swarm',
        'x-github-api-version': '2022-11-28',
      },
    });
  }

  async repository() {
    return this.#one(`repos/${this.slug}`, shapes.repository, 'a repository');
  }

  async whoAmI() {
    const answer = await this.#http.ask({ method: 'GET', path: 'user' });
    // What an Action or an App is given is no person's.
    if (answer.status === 403 || answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#http.refused(answer, 'GET user');
    const { login } = read(shapes.me, answer.json, 'a user');
    const scopes = answer.headers
      .get('x-oauth-scopes')
      ?.split(',')
      .map((one) => one.trim())
      .filter(Boolean);
    return { login, ...(scopes && { scopes }) };
  }

  async findPulls({ slug, branch }: ForgeBranch): Promise<readonly PullRequest[]> {
    const [owner] = slug.split('/');
    const path = `repos/${this.slug}/pulls`;
    const query = { head: `${owner}:${branch}`, state: 'all', sort: 'created', direction: 'desc' };
    const found = await this.#list(path, query);
    // The filter knows owners, not repositories; where the fork is gone nobody can tell.
    return found
      .flatMap((entry) => {
        const told = shapes.pull.safeParse(entry);
        return told.success ? [told.data] : [];
      })
      .filter(({ head }) => head.branch === branch && (head.slug === '' || sameSlug(head.slug, slug)));
  }

  pull(number: number) {
    return this.#one(`repos/${this.slug}/pulls/${number}`, shapes.pull, 'a pull request');
  }

  async openPull({ head, base, title, body, isDraft }: PullRequestDraft): Promise<OpenOutcome> {
    const path = `repos/${this.slug}/pulls`;
    const isFork = !sameSlug(head.slug, this.slug);
    const asked = {
      title,
      body,
      base,
      ...(isDraft && { draft: true }),
      head: isFork ? `${head.slug.split('/')[0]}:${head.branch}` : head.branch,
      // Forks of one owner are told apart by their repository.
      ...(isFork && { head_repo: head.slug.split('/').at(-1), maintainer_can_modify: true }),
    };
    try {
      const answer = await this.#http.once({ method: 'POST', path, body: asked });
      if (answer.status === 201)
        return { kind: 'opened', pull: read(shapes.pull, answer.json, 'a pull request') };
      return { kind: 'refused', why: answer.message || `it answered ${answer.status}` };
    } catch (error) {
      if (!(error instanceof Silent)) throw error;
      return { kind: 'unclear', why: error.message };
    }
  }

  async updatePull(
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly base?: string },
  ): Promise<string | undefined> {
    const path = `repos/${this.slug}/pulls/${number}`;
    const answer = await this.#http.ask({ method: 'PATCH', path, body: change });
    return answer.status === 200 ? undefined : answer.message || `it answered ${answer.status}`;
  }

  /** Only GraphQL can: https://docs.github.com/en/graphql/reference/mutations#markpullrequestreadyforreview */
  async makeReady(number: number): Promise<string | undefined> {
    const path = `repos/${this.slug}/pulls/${number}`;
    const named = await this.#one(path, shapes.node, 'a pull request');
    if (!named) return 'it is gone';
    const answer = await this.#query(READY, { id: named.node_id });
    const told = shapes.madeReady.safeParse(answer.json);
    return told.success ? undefined : answer.message || `it answered ${answer.status}`;
  }

  /** An older GitHub Enterprise knows no queue: what it does not tell is not known. */
  async standing(number: number): Promise<PullStanding> {
    const [owner, name] = this.slug.split('/');
    const answer = await this.#query(STANDING, { owner, name, number });
    const told = shapes.standing.safeParse(answer.json);
    return told.success ? told.data : {};
  }

  #query(query: string, variables: Readonly<Record<string, unknown>>) {
    return this.#http.ask({ method: 'POST', path: this.#graphql, body: { query, variables } });
  }

  async checks(commit: CommitId, base: string): Promise<readonly ForgeCheck[]> {
    const at = `repos/${this.slug}/commits/${commit}`;
    const [runs, statuses, required] = await Promise.all([
      this.#list(`${at}/check-runs`, {}, inside('check_runs')),
      this.#list(`${at}/status`, {}, inside('statuses')),
      this.#required(base),
    ]);
    const seen = [...shapes.runs(runs), ...shapes.statuses(statuses)];
    const missing = required.filter((name) => !seen.some((check) => check.name === name));
    return [
      ...seen.map((check) => ({ ...check, isRequired: required.includes(check.name) })),
      ...missing.map(
        (name): ForgeCheck => ({ name, state: 'pending', isRequired: true, detail: 'not seen yet', url: '' }),
      ),
    ];
  }

  /** A branch is protected by itself, or by rulesets, or both. */
  async #required(base: string): Promise<readonly string[]> {
    const name = encodeURIComponent(base);
    const [answer, rules] = await Promise.all([
      this.#http.ask({ method: 'GET', path: `repos/${this.slug}/branches/${name}` }),
      // Where rulesets are not sold, they are forbidden.
      this.#http.list({ path: `repos/${this.slug}/rules/branches/${name}` }, undefined, [403, 404]),
    ]);
    const own =
      answer.status === 200
        ? read(shapes.branch, answer.json, 'a branch').protection?.required_status_checks?.contexts
        : undefined;
    return [...new Set([...(own ?? []), ...shapes.rules(rules ?? []).flat()])];
  }

  async reviews(number: number): Promise<readonly ForgeComment[]> {
    const at = `repos/${this.slug}/pulls/${number}`;
    const [whole, onLines, comments] = await Promise.all([
      this.#list(`${at}/reviews`),
      this.#list(`${at}/comments`),
      this.comments(number),
    ]);
    const all = [...shapes.reviews(whole), ...shapes.onLines(onLines), ...comments];
    return all.toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id));
  }

  async issue(number: number): Promise<ForgeIssue | undefined> {
    const told = await this.#one(`repos/${this.slug}/issues/${number}`, shapes.issue, 'an issue');
    return told?.isPull ? undefined : told?.issue;
  }

  async comments(number: number): Promise<readonly ForgeComment[]> {
    return shapes.comments(await this.#list(`repos/${this.slug}/issues/${number}/comments`));
  }

  async comment(_on: 'issue' | 'pull', number: number, body: string): Promise<string> {
    const path = `repos/${this.slug}/issues/${number}/comments`;
    const answer = await this.#http.once({ method: 'POST', path, body: { body } }).catch((error: unknown) => {
      throw error instanceof Silent
        ? this.#http.refused({ status: 0, message: error.message }, 'a comment')
        : error;
    });
    if (answer.status !== 201) throw this.#http.refused(answer, `a comment on ${number}`);
    return shapes.comments([answer.json])[0]?.url ?? '';
  }

  async issuesLabelled(label: string): Promise<readonly ForgeIssue[]> {
    const query = { labels: label, state: 'open', sort: 'created', direction: 'asc' };
    const found = await this.#list(`repos/${this.slug}/issues`, query);
    return found.flatMap((entry) => {
      const told = shapes.issue.safeParse(entry);
      return told.success && !told.data.isPull ? [told.data.issue] : [];
    });
  }

  async access(login: string): Promise<ForgeAccess> {
    const path = `repos/${this.slug}/collaborators/${encodeURIComponent(login)}/permission`;
    const answer = await this.#http.ask({ method: 'GET', path });
    if (answer.status === 404) return 'none';
    return answer.status === 200 ? read(shapes.permission, answer.json, 'a permission') : 'unknown';
  }

  // ───────────── questions ─────────────

  /** Undefined where there is none. */
  async #one<T>(path: string, shape: Parameters<typeof read<T>>[0], what: string): Promise<T | undefined> {
    const answer = await this.#http.ask({ method: 'GET', path });
    if (answer.status === 404 || answer.status === 410) return undefined;
    if (answer.status !== 200) throw this.#http.refused(answer, `GET ${path}`);
    return read(shape, answer.json, what);
  }

  async #list(
    path: string,
    query: Readonly<Record<string, string>> = {},
    entries?: (json: unknown) => unknown,
  ): Promise<readonly unknown[]> {
    return (await this.#http.list({ path, query }, entries)) ?? [];
  }
}

/** Owners and names are the same in whatever case. */
export const sameSlug = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
