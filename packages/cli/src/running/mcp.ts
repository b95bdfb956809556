/** The operator's servers of the Model Context Protocol, with the values of their variables. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { McpParts, McpServer } from '@swarm/agent';
import { createSandbox } from '@swarm/sandbox';
import type { McpServerConfig } from '../config/resolved.ts';
import { type Environment, homeOf } from '../finding/paths.ts';
import { sandboxPath } from '../places.ts';
import type { ComposeAsk } from './compose-ask.ts';

/** Undefined where there are none. @param redact takes known secrets out of what they say. */
export function mcpOf(ask: ComposeAsk, redact: (text: string) => string): McpParts | undefined {
  const { file, repository, places, env } = ask;
  const servers = file.config.mcp ?? [];
  if (servers.length === 0) return undefined;
  const outside = createSandbox({
    provider: 'none',
    stateKey: repository.state,
    nodePath: places.nodePath,
    path: sandboxPath(env),
    readOnly: [],
    ...(places.bridgeFile && { bridgeFile: places.bridgeFile }),
  });
  return {
    servers: servers.map((server) => serverOf(server, env)),
    redact,
    async outside(attempt) {
      // Not the workspace: programs take settings from where they start.
      const workspace = join(repository.state, 'mcp', attempt);
      await mkdir(workspace, { recursive: true, mode: 0o700 });
      const room = await outside.open({ workspace, readOnly: [], readWrite: [] });
      const close = () => room.close().finally(() => rm(workspace, { recursive: true, force: true }));
      return { start: (command) => room.start(command), close };
    },
  };
}

function serverOf(
  { name, run, url, where, env: names, keyEnv, tools, timeoutMs }: McpServerConfig,
  env: Environment,
): McpServer {
  const key = keyEnv === undefined ? undefined : env[keyEnv];
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  return {
    name,
    at: url === undefined ? { run: run ?? [], where } : { url, headers },
    env: { ...(where === 'outside' && { HOME: homeOf(env) }), ...valuesOf(names, env) },
    ...(tools && { tools }),
    timeoutMs,
  };
}

const valuesOf = (names: readonly string[], env: Environment): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
