import type { Environment } from '../finding/paths.ts';

/** What a process needs to find its programs, its folders and its container engine, and to speak the operator's language. */
const NAMES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TZ', 'LANG'],
  ...['DOCKER_HOST', 'DOCKER_CONTEXT', 'CONTAINER_HOST', 'SWARM_PORTABLE'],
]);
const FAMILIES = /^(?:XDG|LC)_[A-Z_]+$/;

/**
 * Of the environment of a run's home what its local hosts and their message server are given. No host holds a key of a
 * model or a token of a forge: calls go through home, and so does everything that lands.
 * @param shown variables that the operator shows to commands, by `sandbox.env` and `sandbox.setup_env`.
 */
export const hostEnv = (env: Environment, shown: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && (NAMES.has(name) || FAMILIES.test(name) || shown.includes(name))
        ? [[name, value]]
        : [],
    ),
  );
