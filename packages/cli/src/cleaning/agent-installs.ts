/** Agents that `swarm doctor --fix-agents` installed and that no run starts any more: another version is tried now. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PRESET_NAMES, PRESETS } from '@swarm/agent';
import { agentsFolder, installFolder } from '../agents/found.ts';
import type { Environment } from '../finding/paths.ts';

export interface AgentInstall {
  readonly name: string;
  readonly path: string;
}

/** `claude-2.1.332`, and `claude-2.1.332.4711` of an install that was broken off. */
const INSTALL = new RegExp(`^(?:${PRESET_NAMES.join('|')})-\\d[\\w.+-]*$`);

/**
 * All but the version that is tried now. Other names in the folder are nobody's we know. One that another swarm of this
 * operator still starts is found again by its own `--fix-agents`.
 */
export async function oldAgentInstalls(env: Environment): Promise<readonly AgentInstall[]> {
  const folder = agentsFolder(env);
  const present = new Set(PRESET_NAMES.map((name) => basename(installFolder(PRESETS[name], env))));
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => INSTALL.test(name) && !present.has(name))
    .sort()
    .map((name) => ({ name, path: join(folder, name) }));
}
