/** A run whose attempts are done by hosts: its ports, over the message server. Loaded only for such a run. */
import { randomBytes } from 'node:crypto';
import { LEASE_MS } from '@swarm/core/model/host';
import type { CommitId } from '@swarm/core/model/ids';
import type { Wish } from '@swarm/core/rules/roles';
import { type GatewayOfHome, type HostedFacts, openHome, type WorkerLine } from '@swarm/mesh';
import { connectNats, type NatsAsk } from '@swarm/mesh/nats';
import type { OrchestratorPorts } from '@swarm/orchestrator';
import { systemClock } from '../running/clock.ts';
import type { RunFile } from '../running/run-file.ts';
import type { HostsFile } from './hosts-file.ts';
import { termsOf } from './terms.ts';

export interface HomeAsk {
  readonly file: RunFile;
  readonly hosts: HostsFile;
  readonly state: string;
  readonly base: CommitId;
  readonly ports: OrchestratorPorts;
  readonly version: string;
  readonly gateway?: GatewayOfHome;
  readonly factsOf: (wish: Wish) => ReturnType<HostFacts>;
  readonly traceOf?: (bench: string) => string;
}
type HostFacts = (
  wish: Wish,
) => { readonly name: string; readonly model?: string; readonly hears?: true } & HostedFacts;

export interface HostedRun {
  readonly ports: OrchestratorPorts;
  workers(): readonly WorkerLine[];
  close(): Promise<void>;
}

/** Home, as it asks the message server to be let in. */
export const askOf = ({ url, creds, ca, cert, key }: HostsFile): NatsAsk => ({
  url,
  name: 'home',
  ...(creds && { creds }),
  ...((ca || cert || key) && { tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } }),
  waits: false,
});

/** Errors: those of `connectNats`. */
export async function hostRun(ask: HomeAsk): Promise<HostedRun> {
  const { file, hosts, state, base, ports, version, gateway, factsOf, traceOf } = ask;
  const { leaseMs = LEASE_MS } = hosts;
  const connected = await connectNats({
    ...askOf(hosts),
    onState: (kind, msg) => ports.log.write(`wire.${kind}`, { msg }),
  });
  const home = openHome({
    wire: connected.wire,
    clock: systemClock,
    log: ports.log,
    run: file.run,
    epoch: ports.journal.entries.length,
    nonce: randomBytes(9).toString('base64url'),
    version,
    leaseMs,
    base,
    local: ports.host,
    hub: ports.hub,
    factsOf,
    terms: termsOf(file, base, state),
    ...(gateway && { gateway }),
    ...(traceOf && { traceOf }),
  });
  return {
    ports: { ...ports, host: home.host, fleet: home.fleet },
    workers: () => home.workers(),
    async close() {
      await home.close();
      await connected.close();
    },
  };
}
