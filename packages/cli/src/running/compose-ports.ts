import { openFileJournal } from '@swarm/journal';
import type { OrchestratorPorts, Settings } from '@swarm/orchestrator';
import { createLog, SecretBook } from '@swarm/telemetry';
import { cleanUpOf } from './clean-up.ts';
import { systemClock } from './clock.ts';
import { agentAsItIs, openRunHub, portsOf } from './compose.ts';
import type { ComposeAsk } from './compose-ask.ts';
import { type FoundForge, forgeSecrets, pullPlace } from './forging.ts';
import { knownSecrets } from './known-secrets.ts';
import { settingsOf } from './settings.ts';
import { StandIns } from './stand-ins.ts';

export interface ComposedPorts {
  readonly ports: OrchestratorPorts;
  readonly settings: Settings;
  /** Gives back everything; safe after any ending. */
  close(): Promise<void>;
}

/**
 * Everything of a run but models and the loop: enough to test and publish on its behalf. Keys of
 * providers are used for nothing but to be kept out of what is written. The caller holds the repository's lock.
 */
export async function composePorts(ask: ComposeAsk, forge?: FoundForge): Promise<ComposedPorts> {
  const { file, paths, repository } = ask;
  const journal = await openFileJournal(paths.journal, { create: false });
  const { run } = file;
  const tokens = forge ? forgeSecrets(forge).map((value) => ({ name: 'the token of the forge', value })) : [];
  const secrets = new SecretBook([...knownSecrets(file, ask.env), ...tokens]);
  const log = createLog({
    path: paths.log,
    run,
    clock: systemClock,
    redact: secrets.redactor(),
    onLine: ask.onLine,
  });
  const git = await openRunHub(repository, file, ask.env, {
    cleanUp: cleanUpOf(repository.state, log),
    forge,
  });
  const ports = portsOf(ask, {
    journal,
    log,
    git,
    models: undefined,
    agents: {
      agentMain: agentAsItIs(ask.places.agentMain),
      found: [],
      standIns: new StandIns([file.config.agent.driver], () => systemClock.now()),
    },
    spans: undefined,
    secrets,
    unsaid: secrets.redactor(),
  });
  const pulls = forge && git.runBranches && pullPlace(forge, file, git.runBranches, log);
  return {
    ports: pulls ? { ...ports, pulls } : ports,
    settings: settingsOf(ask, git.base, undefined),
    async close() {
      await git.close();
      await journal.journal.close();
      await log.close();
    },
  };
}
