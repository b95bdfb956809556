/** Each adapter keeps the contract against a forge that speaks its REST, and each planted fault of that forge is seen. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Forge } from '@swarm/core/ports/forge';
import { type FakeForge, FORGE_MUTANTS, type ForgeMutant } from '@swarm/testkit';
import { GitHub } from '../src/github.ts';
import { GitLab } from '../src/gitlab.ts';
import { realTime } from '../src/testing.ts';
import { CONTRACT, SLUG, stage } from './contract.ts';

type Dialect = 'github' | 'gitlab';

const ADAPTERS: Readonly<Record<Dialect, (fake: FakeForge, token: string) => Forge>> = {
  github: (fake, token) => new GitHub({ slug: SLUG, api: fake.api, token, ...realTime() }),
  gitlab: (fake, token) => new GitLab({ slug: SLUG, api: fake.api, token, ...realTime() }),
};

for (const [dialect, make] of Object.entries(ADAPTERS) as [Dialect, (typeof ADAPTERS)[Dialect]][]) {
  describe(`an adapter of ${dialect}`, { concurrency: true }, () => {
    for (const [fact, see] of Object.entries(CONTRACT))
      test(fact, async () => {
        const on = await stage(dialect, make);
        await see(on).finally(() => on.fake.close());
      });
  });

  describe(`the contract of ${dialect}`, { concurrency: true }, () => {
    // GitLab has no rulesets to leave out.
    for (const mutant of FORGE_MUTANTS.filter((one) => dialect === 'github' || one !== 'ruleset-unsaid'))
      test(`sees a forge with the fault ${mutant}`, async () => {
        const seen = await factsBroken(dialect, make, mutant);
        assert.notDeepEqual(seen, [], `nothing failed with ${mutant}`);
      });
  });
}

async function factsBroken(
  dialect: Dialect,
  make: (fake: FakeForge, token: string) => Forge,
  mutant: ForgeMutant,
): Promise<readonly string[]> {
  const broken: string[] = [];
  await Promise.all(
    Object.entries(CONTRACT).map(async ([fact, see]) => {
      const on = await stage(dialect, make, mutant);
      await see(on)
        .catch(() => broken.push(fact))
        .finally(() => on.fake.close());
    }),
  );
  return broken;
}
