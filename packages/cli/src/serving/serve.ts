/** The server over one repository's runs, as `swarm serve` and `swarm run --serve` start it. */
import { networkInterfaces } from 'node:os';
import { type Serving, serve } from '@swarm/dashboard';
import type { RepositoryPaths } from '../finding/paths.ts';
import type { HostsFile } from '../hosts/hosts-file.ts';
import { programPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import { type BesideRuns, bridgeBeside } from './bridge.ts';
import { servedMetrics } from './metrics.ts';
import { isLoopback } from './names.ts';
import { pageIn } from './page.ts';
import { servedRuns } from './runs.ts';
import { serveToken } from './token.ts';

export interface ServingAsk {
  readonly repository: RepositoryPaths;
  readonly context: Context;
  readonly host: string;
  readonly port: number;
  /** `open`: its callers and workers want no token. Absent: there is no bridge. */
  readonly bridge?: 'open' | 'with-token';
  /** Hosts that runs of the repository may have meanwhile. */
  readonly hosts?: HostsFile;
}

/** Errors: SW0701, SW0705; with hosts SW0105 and SW0742. */
export async function startServing({
  repository,
  context,
  host,
  port,
  bridge,
  hosts,
}: ServingAsk): Promise<Serving> {
  const names = namesOf(host);
  const { page } = programPlaces();
  const opened = bridge && (await bridgeBeside(bridge === 'open'));
  const metrics = servedMetrics(repository, context);
  const beside: BesideRuns[] = [...(opened ? [opened] : [])];
  try {
    // Loaded only where they are wanted.
    if (hosts) beside.push(await (await import('./hosts.ts')).hostsBeside(repository, hosts));
    const serving = await serve({
      runs: servedRuns(repository, context),
      token: await serveToken(repository),
      metrics: async () => beside.reduce((text, one) => one.measured(text), await metrics()),
      ...(opened && { beside: opened.beside }),
      page: await pageIn(page.folder, page.isPacked),
      host,
      port,
      names,
      ...(isEvery(host) && { shownAs: names[0]! }),
      now: () => Date.now(),
      onFault: (error) => context.output.narrate(`swarm serve: a fault: ${(error as Error).message}`),
    });
    return {
      ...serving,
      close: async () => {
        for (const one of beside) await one.close();
        await serving.close();
      },
    };
  } catch (error) {
    for (const one of beside) await one.close();
    throw error;
  }
}

const isEvery = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** Names under which nobody else's page can be reached at this address: no name that a foreign server gives out. */
function namesOf(host: string): readonly string[] {
  if (isEvery(host)) return [...ownAddresses(host), 'localhost'];
  return isLoopback(host) ? ['localhost'] : [];
}

/** Those that others reach first. */
function ownAddresses(host: string): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter(({ family, scopeid }) => (host === '::' || family === 'IPv4') && !scopeid)
    .sort((a, b) => Number(a.internal) - Number(b.internal))
    .map(({ address }) => address);
}
