/** The sandbox of one run: the system, swarm's own program, and what the operator shows on top of it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { Mount, RoomCommand, Sandbox } from '@swarm/core/ports/running';
import { createSandbox, mapSandbox, type ProviderName } from '@swarm/sandbox';
import { SecretBook } from '@swarm/telemetry';
import type { Config } from '../config/resolved.ts';
import { choicesOf } from '../config/sandbox-choice.ts';
import { isOpen } from '../config/sandboxes.ts';
import { holds } from '../config/shown.ts';
import { type Environment, homeOf } from '../finding/paths.ts';
import { type ProgramPlaces, sandboxPath } from '../places.ts';
import { toolchainVariables } from '../preparing/toolchains.ts';
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
  /** Is told which command printed what was taken out. */
  readonly onTakenOut?: (command: string, secret: string) => void;
}

/**
 * @throws SwarmError SW0304 without the layer, SW0102 when a folder of `sandbox.mounts` is gone since the run opened.
 */
export function sandboxOf(ask: SandboxAsk): Sandbox {
  const { file, places, env } = ask;
  const sandbox = createSandbox({
    provider: file.sandbox,
    ...choicesOf(file.config, env, ask.state),
    stateKey: ask.state,
    nodePath: places.nodePath,
    path: sandboxPath(env),
    ...(file.config.workers.limits && { bounds: file.config.workers.limits }),
    egress: {
      setup: file.config.shown?.egress ?? [],
      agents: file.config.shown?.agentEgress ?? [],
    },
    readOnly: [...places.readOnly, ...nodeLibraries(places), ...shownMounts(file.config)],
    ...(places.bridgeFile && { bridgeFile: places.bridgeFile }),
  });
  const seen = isOpen(file.sandbox) ? [homeOf(env)] : (file.config.shown?.mounts ?? []);
  const found = Object.entries(toolchainVariables(seen, homeOf(env), env)).filter(([, at]) => existsSync(at));
  const authorities = trustedAuthorities(file.config.shown?.mounts ?? [], env);
  return withVariables(sandbox, ask, { toolchains: Object.fromEntries(found), authorities });
}

/** Variables that name certificates of authorities: behind a proxy that opens what passes it, nothing is fetched without. */
const AUTHORITIES = [
  ...[
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'PIP_CERT',
  ],
  ...['GIT_SSL_CAINFO', 'CARGO_HTTP_CAINFO'],
];
const CERTIFICATE_FOLDERS = ['/etc/ssl/certs', '/etc/pki/tls/certs', '/etc/ca-certificates', '/usr'];

/** Those whose file a sandbox shows. They hold no secret. */
function trustedAuthorities(mounts: readonly string[], env: Environment): Record<string, string> {
  const shown = [...CERTIFICATE_FOLDERS, ...mounts];
  const all = Object.entries(valuesOf(AUTHORITIES, env));
  return Object.fromEntries(
    all.filter(([, file]) => shown.some((folder) => holds(folder, file)) && existsSync(file)),
  );
}

/** Beside the folder with Node lie npm and corepack, which links in that folder lead to. */
function nodeLibraries({ nodePath }: ProgramPlaces): Mount[] {
  const library = join(dirname(nodePath), '..', 'lib', 'node_modules');
  return ['npm', 'corepack']
    .map((name) => join(library, name))
    .filter((folder) => !folder.startsWith('/usr/') && existsSync(folder))
    .map((folder) => ({ host: folder, inside: folder }));
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
 * Without a network package managers take what setup left in the home, instead of asking a registry for a minute. None
 * of these keeps a program from a server of its own on this machine.
 */
const FROM_CACHES = {
  npm_config_prefer_offline: 'true',
  npm_config_fetch_retries: '0',
  pnpm_config_fetch_retries: '0',
  PIP_RETRIES: '0',
  CARGO_NET_OFFLINE: 'true',
  UV_OFFLINE: '1',
  COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
};

interface Given {
  /** What programs of shown toolchains find them by. */
  readonly toolchains: Readonly<Record<string, string>>;
  /** For commands that reach the network. */
  readonly authorities: Readonly<Record<string, string>>;
}

/**
 * Variables stand below what a command sets for itself. Only setup on the trusted base's tree is given setup's; what
 * it prints of them, and what anybody prints of a secret we know, is taken out before any of it can come into journal,
 * log, transcript, handoff or prompt.
 */
function withVariables(
  sandbox: Sandbox,
  { file: { config }, env, secrets, onTakenOut }: SandboxAsk,
  { toolchains, authorities }: Given,
): Sandbox {
  const { env: names = [], setupEnv = [], agentEgress = [] } = config.shown ?? {};
  const always = { ...toolchains, ...valuesOf(names, env) };
  const ofSetup = valuesOf(setupEnv, env);
  const hasWayOut = ({ network }: RoomCommand): boolean =>
    network === 'setup' || (network === 'agent' && agentEgress.length > 0);
  const book = secrets ?? new SecretBook(knownSecrets({ config }, env));
  let command = '';
  const plain = book.redactor([], ({ name }) => onTakenOut?.(command, name));
  const printed = (by: string) => (text: string) => {
    command = by;
    return plain.redact(text);
  };
  // A host that is asked for is told in small letters, and a value may be a part of its name.
  const values = Object.values(ofSetup);
  const strict = book.redactor([...values, ...values.map((value) => value.toLowerCase())]);
  const isSetup = ({ isTrustedSetup }: RoomCommand): boolean => isTrustedSetup === true;
  return mapSandbox(sandbox, {
    command: (command) => ({
      ...command,
      env: {
        ...(hasWayOut(command) ? authorities : FROM_CACHES),
        ...always,
        ...(isSetup(command) && ofSetup),
        ...command.env,
      },
    }),
    text: (one) => (isSetup(one) ? strict.redact : printed(one.name)),
    collected: printed('a file that was collected'),
  });
}

/** A variable that is not set is not passed. */
const valuesOf = (names: readonly string[], env: Environment): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

/** Values that must not be in the log either: what setup alone is given may be a token, whatever its name. */
export const setupSecrets = ({ config }: SandboxAsk['file'], env: Environment): string[] =>
  Object.values(valuesOf(config.shown?.setupEnv ?? [], env));
