/** The git processes that stay while a hub is open, each started when first needed. */
import type { Identity } from '@swarm/core/ports/git';
import { Author } from './author.ts';
import type { Boundary } from './boundary.ts';
import { Diffs } from './diffs.ts';
import type { Git, Place } from './git.ts';
import { identityEnv } from './identity.ts';
import { Merges } from './merges.ts';
import { Objects } from './objects.ts';
import { RefWriter } from './ref-writer.ts';

export interface HubHelpers {
  readonly objects: Objects;
  readonly merges: Merges;
  readonly diffs: Diffs;
  readonly author: Author;
  /** References of the hub itself. */
  readonly hubRefs: RefWriter;
  /** The one reference of the user's repository that landings move. */
  readonly landing: RefWriter;
}

export function makeHelpers(
  git: Git,
  hub: Place,
  origin: Place,
  identity: Identity,
  boundary: Boundary,
): HubHelpers {
  return {
    objects: new Objects(git, hub, boundary),
    merges: new Merges(git, hub),
    diffs: new Diffs(git, hub),
    author: new Author(git, hub, identity),
    hubRefs: new RefWriter(git, hub),
    landing: new RefWriter(git, origin, { env: identityEnv(identity), message: 'swarm: landing' }),
  };
}

export async function closeHelpers(helpers: HubHelpers): Promise<void> {
  const { objects, merges, diffs, hubRefs, landing } = helpers;
  await Promise.all([objects, merges, diffs, hubRefs, landing].map((helper) => helper.close()));
}
