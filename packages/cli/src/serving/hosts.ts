/** Hosts beside the runs' pages: who is at the message server is measured, and runs of the repository may have them. */
import { watchHosts } from '@swarm/mesh';
import { connectNats } from '@swarm/mesh/nats';
import type { RepositoryPaths } from '../finding/paths.ts';
import { askOf } from '../hosts/home.ts';
import type { HostsFile } from '../hosts/hosts-file.ts';
import { offerHosts } from '../hosts/offered.ts';
import { systemClock } from '../running/clock.ts';
import { type BesideRuns, withFamilies } from './bridge.ts';

/** Errors: SW0105 and SW0742 of `connectNats`: what no run could use is not offered. */
export async function hostsBeside(repository: RepositoryPaths, hosts: HostsFile): Promise<BesideRuns> {
  const connected = await connectNats(askOf(hosts));
  const watch = watchHosts(connected.wire, systemClock);
  const takeBack = await offerHosts(repository, hosts);
  return {
    measured: (text) =>
      withFamilies(text, [
        {
          name: 'swarm_hosts',
          kind: 'gauge',
          help: 'hosts at the message server by what they do: free, working, leaving',
          lines: Object.entries(watch.counts()).map(
            ([state, count]) => `swarm_hosts{state="${state}"} ${count}`,
          ),
        },
      ]),
    async close() {
      await takeBack();
      watch.close();
      await connected.close();
    },
  };
}
