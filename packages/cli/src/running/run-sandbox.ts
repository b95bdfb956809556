/** The sandbox of one run: the system, swarm's own program, and what the operator shows on top of it. */
import { existsSync } from 'node:fs';
import { SwarmError } from '@swarm/core/errors';
import type { Mount, RoomCommand, Sandbox } from '@swarm/core/ports/running';
import { createSandbox, mapSandbox, type ProviderName } from '@swarm/sandbox';
import { SecretBook } from '@swarm/telemetry';
import type { Config } from '../config/resolved.ts';
import type { Environment } from '../finding/paths.ts';
import { type ProgramPlaces, sandboxPath } from '../places.ts';
import { shellWord } from '../telling/shell.ts';
import { knownSecrets } from './known-secrets.ts';

export interface SandboxAsk {
  readonly file: {
    readonly sandbox: ProviderName;
    readonly config: Config;
  };
  /** The repository's state directory: what is left of a dead orchestrator is found by it. */
  readonly state: string;
  readonly places: ProgramPlaces;
  readonly env: Environment;
  /** What is taken out of whatever commands print. Absent: what is known of the operator's. */
  readonly secrets?: SecretBook;
}

/**
 * @throws SwarmError SW0304 without the layer, SW0102 when a folder of `sandbox.mounts` is gone since the run opened.
 */
export function sandboxOf(ask: SandboxAsk): Sandbox {
  const { file, places, env } = ask;
  const sandbox = createSandbox({
    provider: file.sandbox,
    stateKey: ask.state,
    nodePath: places.nodePath,
    path: sandboxPath(env),
    ...(file.config.workers.limits && { bounds: file.config.workers.limits }),
    egress: { allowed: file.config.shown?.egress ?? [] },
    readOnly: [...places.readOnly, ...shownMounts(file.config)],
    ...(places.bridgeFile && { bridgeFile: places.bridgeFile }),
  });
  return withVariables(sandbox, ask);
}

function shownMounts({ shown }: Pick<Config, 'shown'>): Mount[] {
  const folders = shown?.mounts ?? [];
  const gone = folders.filter((folder) => !existsSync(folder));
  if (gone.length === 0) return folders.map((folder) => ({ host: folder, inside: folder }));
  throw new SwarmError(
    gone.map((folder) => ({
      code: 'SW0102',
      what: `${folder}, to be shown in the sandbox, is not there`,
      where: 'sandbox.mounts',
      fix: `ls -d ${shellWord(folder)}`,
    })),
  );
}

/**
 * Variables stand below what a command sets for itself. Only setup on the trusted base's tree is given setup's; what
 * it prints of them, and what anybody prints of a secret we know, is taken out before any of it can come into journal,
 * log, transcript, handoff or prompt.
 */
function withVariables(sandbox: Sandbox, { file: { config }, env, secrets }: SandboxAsk): Sandbox {
  const { env: names = [], setupEnv = [] } = config.shown ?? {};
  const always = valuesOf(names, env);
  const ofSetup = valuesOf(setupEnv, env);
  const book = secrets ?? new SecretBook(knownSecrets({ config }, env));
  const plain = book.redactor();
  const strict = book.redactor(Object.values(ofSetup));
  const isSetup = ({ isTrustedSetup }: RoomCommand): boolean => isTrustedSetup === true;
  return mapSandbox(sandbox, {
    command: (command) => ({
      ...command,
      env: { ...always, ...(isSetup(command) && ofSetup), ...command.env },
    }),
    text: (command) => (isSetup(command) ? strict.redact : plain.redact),
    collected: plain.redact,
  });
}

/** A variable that is not set is not passed. */
const valuesOf = (names: readonly string[], env: Environment): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

/** Values that must not be in the log either: what setup alone is given may be a token, whatever its name. */
export const setupSecrets = ({ config }: SandboxAsk['file'], env: Environment): string[] =>
  Object.values(valuesOf(config.shown?.setupEnv ?? [], env));
