import type { Environment } from '../finding/paths.ts';

/** What talks to the operator's own remotes may use the operator's own keys and configuration, the machine's too. */
export function networkEnv(env: Environment): Record<string, string> {
  const names = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'XDG_CONFIG_HOME'];
  const own = Object.fromEntries(names.flatMap((n) => (env[n] ? [[n, env[n]]] : [])));
  return {
    ...own,
    GIT_CONFIG_NOSYSTEM: '0',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    ...(env.HOME && { GIT_CONFIG_GLOBAL: `${env.HOME}/.gitconfig` }),
  };
}
