/** `swarm serve`: every run of a repository over HTTP, for pages and programs on this machine. It starts no run and holds no lock. */
import { once } from 'node:events';
import { SwarmError } from '@swarm/core/errors';
import { isWorkerName } from '@swarm/core/rules/bridge/routing';
import { type Serving, workerToken } from '@swarm/dashboard';
import { enterRepository } from '../finding/door.ts';
import type { RepositoryPaths } from '../finding/paths.ts';
import { serverOf, shownUrl } from '../hosts/asked.ts';
import type { Context } from '../program/context.ts';
import type { ServeOptions } from '../program/options.ts';
import { isLoopback, LOOPBACK, SERVE_PORT } from '../serving/names.ts';
import { startServing } from '../serving/serve.ts';
import { serveToken, tokenFile } from '../serving/token.ts';
import { sanitizeLine } from '../telling/output.ts';

/** Until a signal: exit 0. The link is the result. */
export async function serve(options: ServeOptions, context: Context): Promise<number> {
  const { output } = context;
  const port = portOf(options.port);
  const host = hostOf(options.host);
  const repository = await enterRepository(options, context);
  if (options.workerToken !== undefined) return tellWorkerToken(options.workerToken, repository, context);
  const over = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  const bridge = bridgeOf(options, host);
  const hosts = options.nats === undefined ? undefined : serverOf(options, options.nats, context.cwd);
  const serving = await startServing({
    repository,
    context,
    host,
    port,
    ...(bridge && { bridge }),
    ...(hosts && { hosts }),
  });
  if (!isLoopback(host))
    output.narrate(
      output.narrationInk.yellow(
        `note: whoever reaches ${sanitizeLine(host)} can ask for the token, and what is said is not encrypted: only in a network you trust`,
      ),
    );
  if (bridge === 'open')
    output.narrate(
      output.narrationInk.yellow(
        'note: whatever runs on this machine may be a worker of the bridge, and call one: no token is asked for',
      ),
    );
  if (hosts)
    output.narrate(
      `hosts at ${sanitizeLine(shownUrl(hosts.url))} do the attempts of runs that begin here meanwhile`,
    );
  if (!options.json) output.narrate(`the runs of ${sanitizeLine(repository.repository)}, until Ctrl-C`);
  output.result(options.json ? linkJson(serving, repository) : serving.link);
  await over;
  await serving.close();
  return 0;
}

/** What lets a worker be that worker, and do nothing else: its machine need not have the token of the pages. */
async function tellWorkerToken(name: string, repository: RepositoryPaths, context: Context): Promise<number> {
  if (!isWorkerName(name))
    throw new SwarmError({
      code: 'SW0105',
      what: `--worker-token ${JSON.stringify(sanitizeLine(name, 100))} is no name of a worker`,
      fix: '--worker-token worker-1.relay',
    });
  context.output.result(workerToken(await serveToken(repository), name));
  return 0;
}

const linkJson = ({ url, link }: Serving, repository: RepositoryPaths): string =>
  JSON.stringify({
    v: 1,
    url,
    link,
    token: new URL(link).searchParams.get('token'),
    tokenFile: tokenFile(repository),
  });

/** Beside a run of one's own: on the usual port, or on a free one where something listens there already. */
export async function serveBeside(repository: RepositoryPaths, context: Context): Promise<Serving> {
  const start = (port: number) => startServing({ repository, context, host: LOOPBACK, port });
  const serving = await start(SERVE_PORT).catch((error: unknown) => {
    if (error instanceof SwarmError && error.problems[0]?.code === 'SW0705') return start(0);
    throw error;
  });
  context.output.narrate(`the run as a page: ${serving.link}`);
  return serving;
}

/** Without a token it is served to this machine alone. */
function bridgeOf({ bridge, openBridge }: ServeOptions, host: string): 'open' | 'with-token' | undefined {
  if (!openBridge) return bridge && 'with-token';
  if (isLoopback(host)) return 'open';
  throw new SwarmError({
    code: 'SW0101',
    what: `--open-bridge asks for no token, and --host ${sanitizeLine(host, 100)} may be reached by others`,
    fix: 'swarm serve --bridge   # with the token',
  });
}

function portOf(typed: number | string | undefined): number {
  if (typed === undefined) return SERVE_PORT;
  if (typeof typed === 'number' && typed <= 65_535) return typed;
  throw new SwarmError({
    code: 'SW0105',
    what: `--port ${JSON.stringify(typed)} is no port`,
    why: 'expected a whole number from 0 (a free one) to 65535',
    fix: `--port ${SERVE_PORT}`,
  });
}

/** An address of this machine or a name of it, as it stands in a link. */
function hostOf(typed: string = LOOPBACK): string {
  const host = typed.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (/^(?!-)[a-z0-9.-]{1,253}$/.test(host) || /^[0-9a-f:.]{2,45}$/.test(host)) return host;
  throw new SwarmError({
    code: 'SW0105',
    what: `--host ${JSON.stringify(sanitizeLine(typed, 100))} is no address and no name of this machine`,
    fix: `--host ${LOOPBACK}`,
  });
}
