/** The bridge a run is told of: where it is, and who is registered there now. */
import { realpath } from 'node:fs/promises';
import { workersAt } from '@swarm/bridge/client';
import { SwarmError } from '@swarm/core/errors';
import { statePaths } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import { BRIDGE_TOKEN, bridgeAt } from '../running/bridge-at.ts';
import type { RunFile } from '../running/run-file.ts';
import { LOOPBACK, SERVE_PORT } from '../serving/names.ts';
import { sanitizeLine } from '../telling/output.ts';
import type { Located } from './locate.ts';

type Bridge = NonNullable<RunFile['bridge']>;

/** Who may be named by tasks: so many, or the journal's first entry would be mostly names. */
const WORKERS_MAX = 1_000;

/** Undefined where none was asked for. Errors: SW0105 for what is no address, SW0317 where nobody is there. */
export async function bridgeFor(
  typed: string | true | undefined,
  { path, exists }: Located,
  { env }: Context,
): Promise<Bridge | undefined> {
  if (typed === undefined || !exists) return undefined;
  const url = urlOf(typed);
  const at = await bridgeAt(url, statePaths(await realpath(path), env), env);
  const found = await workersAt(at, AbortSignal.timeout(10_000));
  if ('why' in found) throw notThere(url, found);
  if (found.length > 0) return { url, workers: found.slice(0, WORKERS_MAX) };
  throw new SwarmError({
    code: 'SW0317',
    what: `nobody is registered at the bridge ${url}`,
    why: 'a run counts on the workers that are there when it begins, and on whoever takes their place',
    fix: 'start a worker, then the run; docs/wire.md shows how to write one',
  });
}

function urlOf(typed: string | true): string {
  if (typed === true) return `http://${LOOPBACK}:${SERVE_PORT}`;
  if (/^\d{1,5}$/.test(typed) && Number(typed) <= 65_535) return `http://${LOOPBACK}:${typed}`;
  const url = URL.parse(typed);
  const isPlain = url && ['', '/'].includes(url.pathname) && url.search + url.hash + url.username === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return url.origin;
  throw new SwarmError({
    code: 'SW0105',
    what: `--bridge ${JSON.stringify(sanitizeLine(typed, 100))} is no address of a bridge`,
    why: 'expected http://HOST:PORT without more, or a port of this machine',
    fix: `--bridge ${SERVE_PORT}`,
  });
}

function notThere(
  url: string,
  { why, status }: { readonly why: string; readonly status?: number },
): SwarmError {
  const isRefused = status === 401;
  return new SwarmError({
    code: 'SW0317',
    what: isRefused ? `the bridge ${url} wants another token` : `there is no bridge at ${url}`,
    why: isRefused ? `it is another repository’s; its token goes into ${BRIDGE_TOKEN}` : why,
    fix: isRefused ? `export ${BRIDGE_TOKEN}=…   # swarm serve --json shows it` : 'swarm serve --bridge',
  });
}

export const bridgeShown = ({ url, workers }: Bridge): string[] => [
  `bridge: ${url} (${workers
    .map(({ name }) => name)
    .slice(0, 10)
    .join(', ')}${workers.length > 10 ? `, and ${workers.length - 10} more` : ''})`,
];
