/** Who makes the commits, and how objects are named. */
import type { Identity } from '@swarm/core/ports/git';

export type ObjectFormat = 'sha1' | 'sha256';

/** Author and committer of commits and reference logs swarm makes. */
export function identityEnv(identity: Identity, atSeconds?: number): Record<string, string> {
  const date = atSeconds === undefined ? {} : stamps(atSeconds);
  return {
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
    ...date,
  };
}

function stamps(atSeconds: number): Record<string, string> {
  const date = `@${Math.floor(atSeconds)} +0000`;
  return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
}
