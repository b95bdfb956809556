/** A forge for one fact of the contract: a repository, three people, and the adapter. */
import assert from 'node:assert/strict';
import type { Forge, PullRequest, PullRequestDraft } from '@swarm/core/ports/forge';
import { FakeForge, type FakeRepository, type ForgeMutant, MemoryRefs } from '@swarm/testkit';

export interface Stage {
  readonly fake: FakeForge;
  readonly repository: FakeRepository;
  readonly refs: MemoryRefs;
  readonly forge: Forge;
  /** The same with another token. */
  as(token: string): Forge;
}

const TOKEN = 'ghp_of0ur0wn';
export const SLUG = 'acme/shop';

/** @param make an adapter over the fake, with pauses of milliseconds. */
export async function stage(
  dialect: 'github' | 'gitlab',
  make: (fake: FakeForge, token: string) => Forge,
  mutant?: ForgeMutant,
): Promise<Stage> {
  const fake = await FakeForge.start({ dialect, ...(mutant && { mutant }) });
  const refs = new MemoryRefs();
  const repository = fake.add(SLUG, refs);
  fake.state.tokens.set(TOKEN, 'owner');
  fake.state.tokens.set('ghp_of-a-reader', 'reader');
  repository.access.set('owner', 'admin');
  repository.access.set('helper', 'write');
  repository.access.set('reader', 'read');
  refs.set('main');
  return { fake, repository, refs, forge: make(fake, TOKEN), as: (token) => make(fake, token) };
}

export const draft = (branch: string, more: Partial<PullRequestDraft> = {}): PullRequestDraft => ({
  head: { slug: SLUG, branch },
  base: 'main',
  title: `What ${branch} does`,
  body: 'Because.',
  ...more,
});

export async function opened(forge: Forge, asked: PullRequestDraft): Promise<PullRequest> {
  const outcome = await forge.openPull(asked);
  assert.equal(outcome.kind, 'opened', JSON.stringify(outcome));
  return (outcome as { pull: PullRequest }).pull;
}
