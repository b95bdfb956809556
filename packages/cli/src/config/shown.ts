/**
 * What of this machine a sandbox shows on top of the system: toolchains below the home folder, and variables. Both
 * are the operator's to choose; what holds keys is refused even to the operator, for it is never needed by a build.
 */
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Problem } from '@swarm/core/errors';
import { type Environment, homeOf, operatorConfigFile, stateHome } from '../finding/paths.ts';
import { shellWord } from '../telling/shell.ts';
import type { CompleteConfig } from './schema.ts';

/** Below the home folder, where keys and tokens are kept by the programs these belong to. */
const SECRET_FOLDERS = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.kube',
  '.docker',
  '.netrc',
  '.git-credentials',
  '.npmrc',
  '.pypirc',
  '.cargo/credentials',
  '.cargo/credentials.toml',
  '.m2/settings.xml',
  '.m2/settings-security.xml',
  '.gradle/gradle.properties',
  '.gem/credentials',
  '.composer/auth.json',
  '.config/gcloud',
  '.config/gh',
  '.config/git',
  '.config/composer/auth.json',
  '.config/pip',
  '.config/pypoetry/auth.toml',
  '.password-store',
  '.local/share/keyrings',
  '.vault-token',
  '.terraform.d/credentials.tfrc.json',
  '.config/op',
  '.config/sops',
  '.config/rclone',
  // Logins of coding agents: an agent in a sandbox has the gateway, and an attempt's token.
  '.claude/.credentials.json',
  '.claude.json',
  '.codex/auth.json',
  '.gemini/oauth_creds.json',
  '.qwen/oauth_creds.json',
  '.local/share/opencode/auth.json',
  '.copilot',
  '.config/github-copilot',
  '.pi/agent/auth.json',
  '.config/goose',
  '.local/share/goose',
];
/** Of the host alone; a sandbox has its own, or must not have them. */
const HOST_FOLDERS = ['/proc', '/sys', '/dev', '/run', '/var/run', '/etc', '/boot'];
/** Made by the sandbox itself: a mount over one would hide it. */
const OWN_FOLDERS = ['/workspace', '/swarm', '/home/agent', '/tmp'];

/** `~/.nvm:ro` as the absolute folder it names. */
export function mountPath(written: string, env: Environment): string {
  const path = written.replace(/:ro$/, '').replace(/\/+$/, '') || '/';
  return path === '~' || path.startsWith('~/') ? join(homeOf(env), path.slice(1)) : path;
}

/** `~/.cargo/bin:ro`, as it is written in a configuration. */
export function mountText(folder: string, env: Environment): string {
  const home = homeOf(env);
  return `${holds(home, folder) ? `~${folder.slice(home.length)}` : folder}:ro`;
}

/** Whether showing `folder` would show `secret`, or the reverse: one holds the other. */
const meets = (folder: string, secret: string): boolean => holds(folder, secret) || holds(secret, folder);

/** Whether `path` is the folder itself or lies in it. */
export function holds(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith('../'));
}

/** Problems of `sandbox.mounts` and the two lists of variables, as this machine is now. */
export function shownProblems(
  config: CompleteConfig,
  env: Environment,
  origins: ReadonlyMap<string, string>,
): readonly Problem[] {
  const { mounts, env: names, setup_env: setupNames } = config.sandbox;
  const where = (key: string): string => origins.get(`sandbox.${key}`) ?? `sandbox.${key}`;
  return [
    ...mounts.flatMap((written) => mountProblem(written, env, where('mounts'))),
    ...names.flatMap((name) => variableProblem(name, config, where('env'))),
    ...setupNames.flatMap((name) => variableProblem(name, config, where('setup_env'))),
  ];
}

function mountProblem(written: string, env: Environment, where: string): Problem[] {
  const path = mountPath(written, env);
  const what = `\`${written}\` cannot be shown in the sandbox`;
  const real = realPathOf(path);
  if (real === undefined) {
    const fix = `ls -d ${shellWord(path)}   # or remove it from sandbox.mounts`;
    return [{ code: 'SW0102', what, where, why: `${path} does not exist`, fix }];
  }
  const why = whyNotShown(path, env) ?? whyNotShown(real, env);
  if (why === undefined) return [];
  return [
    { code: 'SW0102', what, where, why, fix: 'name the one folder that is needed, such as "~/.nvm:ro"' },
  ];
}

/**
 * Why a folder may not be shown, as a clause; undefined where it may. The path as it stands and what it leads to are
 * judged alike: a link must not lead around the list.
 */
export function whyNotShown(path: string, env: Environment): string | undefined {
  const home = homeOf(env);
  if (holds(path, home)) return `it holds the whole home folder ${home}`;
  const secrets = [
    ...SECRET_FOLDERS.map((name) => join(home, name)),
    stateHome(env),
    join(operatorConfigFile(env), '..'),
  ];
  const secret = secrets.find((folder) => meets(path, folder));
  if (secret !== undefined) return `it would show ${secret}, where keys or swarm’s own records are kept`;
  const system =
    HOST_FOLDERS.find((folder) => meets(path, folder)) ?? OWN_FOLDERS.find((folder) => holds(path, folder));
  return system === undefined ? undefined : `${system} is the sandbox’s own`;
}

const realPathOf = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

/** Set by the sandbox, or by the gateway for the agent: another value would break or leave it. */
const OWN_VARIABLES = /^(PATH|HOME|TMPDIR|LANG|CI|SWARM_.*|LD_.*|BASH_ENV|ENV)$/;
/** Keys of model providers, whether an endpoint names them or not: they stay in the gateway. */
const PROVIDER_VARIABLES =
  /^(OPENAI|ANTHROPIC|GEMINI|GOOGLE|AZURE_OPENAI|MISTRAL|DEEPSEEK|GROQ|OPENROUTER|XAI)_(.*_)?(API_KEY|AUTH_TOKEN|BASE_URL)$/;

function variableProblem(name: string, config: CompleteConfig, where: string): Problem[] {
  const why = config.endpoints.some((e) => [e, ...(e.accounts ?? [])].some((one) => one.key_env === name))
    ? 'it holds the key of a model endpoint, which never enters a sandbox'
    : PROVIDER_VARIABLES.test(name)
      ? 'it belongs to a model provider; agents reach models through the gateway alone'
      : OWN_VARIABLES.test(name)
        ? 'the sandbox sets it itself'
        : undefined;
  if (why === undefined) return [];
  const what = `the variable ${name} cannot be passed into the sandbox`;
  return [{ code: 'SW0102', what, where, why, fix: `remove "${name}"` }];
}
