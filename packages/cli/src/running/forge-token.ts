/**
 * The token a forge is asked with. It is the operator's, is for that forge's host alone, and stays in this process: it is in
 * no command line, no file of a run, and nothing a sandbox shows.
 */
import { spawnSync } from 'node:child_process';
import type { Problem } from '@swarm/core/errors';
import type { ForgePlace } from '@swarm/forge';
import type { Environment } from '../finding/paths.ts';
import { networkEnv } from './network-env.ts';

export interface ForgeToken {
  readonly value: string;
  /** As it is told of: never the value. */
  readonly from: string;
}

const ASK_MS = 10_000;
const TOKEN_BYTES_MAX = 4_096;

/** Undefined: there is none for this host. */
export function forgeToken(place: ForgePlace, env: Environment): ForgeToken | undefined {
  for (const name of variablesFor(place, env)) {
    const value = env[name]?.trim();
    if (value && /^[\x21-\x7e]+$/.test(value)) return { value, from: name };
  }
  return place.kind === 'github' ? ofGh(place, env) : undefined;
}

/** A variable that is for one host says nothing of another: a token is never tried where it does not belong. */
function variablesFor({ kind, host }: ForgePlace, env: Environment): readonly string[] {
  if (kind === 'gitlab') return ['GITLAB_TOKEN'];
  const isOfAction = hostOf(env.GITHUB_SERVER_URL) === host;
  if (host === 'github.com') return ['GITHUB_TOKEN', 'GH_TOKEN'];
  return isOfAction
    ? ['GITHUB_TOKEN', 'GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN']
    : ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'];
}

const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;

/** What GitHub's own tool was logged in with. */
function ofGh({ host }: ForgePlace, env: Environment): ForgeToken | undefined {
  const said = spawnSync('gh', ['auth', 'token', '--hostname', host], {
    env: { ...networkEnv(env), GH_NO_UPDATE_NOTIFIER: '1', GH_PROMPT_DISABLED: '1' },
    encoding: 'utf8',
    timeout: ASK_MS,
    killSignal: 'SIGKILL',
    maxBuffer: TOKEN_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const value = said.status === 0 ? said.stdout.trim() : '';
  return /^[\x21-\x7e]+$/.test(value) ? { value, from: 'gh auth token' } : undefined;
}

/** What a token needs at least, and where it is made. */
export const LEAST_SCOPES = {
  github:
    'a fine-grained token with Contents and Pull requests: write, Issues, Commit statuses and Checks: read; or a classic one with the scope repo',
  gitlab: 'a token with the scope api and the role Developer',
} as const;

export function noToken(place: ForgePlace, env: Environment): Problem {
  const [name] = variablesFor(place, env);
  const gh = place.kind === 'github' ? `, or gh auth login --hostname ${place.host}` : '';
  return {
    code: 'SW0318',
    what: `there is no token for ${place.host}`,
    why: `it is looked for in ${variablesFor(place, env).join(', ')}${place.kind === 'github' ? ' and by gh auth token' : ''}; it takes ${LEAST_SCOPES[place.kind]}`,
    fix: `export ${name}=<token>${gh}`,
  };
}

/** How a push by HTTP says the same. The user's name is what the forges ask for; the token is all that counts. */
export const pushHeader = (place: ForgePlace, { value }: ForgeToken): string => {
  const user = place.kind === 'github' ? 'x-access-token' : 'oauth2';
  return `Authorization: Basic ${Buffer.from(`${user}:${value}`).toString('base64')}`;
};
