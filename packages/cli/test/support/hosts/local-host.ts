/** A local host of real parts: git, a sandbox of any kind, kept environments, a command as the agent. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { createCommandAgent } from '@swarm/agent';
import type { AttemptHost } from '@swarm/core/ports/bench';
import type { Mount } from '@swarm/core/ports/running';
import type { OpenedHub } from '@swarm/git';
import { createLocalHost } from '@swarm/orchestrator';
import { createEnvironmentStore, isDiskFull } from '@swarm/sandbox';
import { type Kind, sandboxOfKind } from '@swarm/sandbox/testing';
import { systemClock } from '../../../src/running/clock.ts';

export interface LocalAsk {
  readonly hub: OpenedHub;
  readonly state: string;
  readonly agent: readonly string[];
  readonly kind: Kind;
}

export function localHost({ hub, state, agent, kind }: LocalAsk): AttemptHost {
  const sandbox = sandboxOfKind(kind, {
    stateKey: state,
    nodePath: process.execPath,
    path: [dirname(process.execPath), '/usr/bin', '/bin'],
    readOnly: [here(dirname(process.execPath))],
  });
  const command = createCommandAgent({
    run: agent,
    transcriptPath: (attempt) => join(state, 'attempts', attempt, 'transcript.ndjson'),
    clock: systemClock,
    readOnly: agent.filter((part) => isAbsolute(part) && existsSync(part)).map(here),
  });
  return createLocalHost({
    slots: 2,
    capabilities: ['command'],
    workspaces: hub.workspaces,
    sandbox,
    environments: createEnvironmentStore(join(state, 'env')),
    agentFor: () => command,
    isFull: () => isDiskFull(state),
    leftovers: async () => (await hub.hub.observe()).workspaces,
    log: { write: () => {} },
    clock: systemClock,
  });
}

const here = (path: string): Mount => ({ host: path, inside: path });
