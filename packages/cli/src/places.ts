/** Where swarm's own program lies, and what of it a sandbox must show. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import type { Mount } from '@swarm/core/ports/running';
import type { Environment } from './finding/paths.ts';

export interface ProgramPlaces {
  readonly version: string;
  /** The Node that runs us, and our agent in the sandbox. */
  readonly nodePath: string;
  /** The agent's own program. `.ts`: the source, to be bundled before a sandbox can run it. */
  readonly agentMain: string;
  /** Undefined: the sandbox package's own source. */
  readonly bridgeFile: string | undefined;
  /** The process with the rules for secrets. Undefined: its own source. */
  readonly rulesFile: string | undefined;
  readonly prompts: string;
  readonly prices: string;
  /** Folder of the page that `swarm serve` shows: packed, or its sources. */
  readonly page: { readonly folder: string; readonly isPacked: boolean };
  /** Folder of the demo's project and script. */
  readonly demo: string;
  /** Shown read-only, at the same path, in every sandbox. */
  readonly readOnly: readonly Mount[];
}

/** Two shapes: the sources in the repository, or one bundled folder with everything beside it. */
export function programPlaces(): ProgramPlaces {
  const here = import.meta.dirname;
  const isBundle = existsSync(join(here, 'agent-main.js'));
  return isBundle ? bundled(here) : fromSources(here);
}

function bundled(here: string): ProgramPlaces {
  const root = dirname(here);
  return {
    version: versionIn(root),
    nodePath: process.execPath,
    agentMain: join(here, 'agent-main.js'),
    bridgeFile: join(here, 'bridge.js'),
    rulesFile: join(here, 'secret-rules.js'),
    prompts: join(root, 'prompts'),
    prices: join(root, 'infra', 'prices.json'),
    page: { folder: join(root, 'page'), isPacked: true },
    demo: join(root, 'demo'),
    // Node's whole folder: the sandbox's PATH names folders.
    readOnly: sameInside([here, dirname(process.execPath)]),
  };
}

function fromSources(here: string): ProgramPlaces {
  const root = join(here, '..', '..', '..');
  return {
    version: versionIn(join(here, '..')),
    nodePath: process.execPath,
    agentMain: join(here, 'agent-main.ts'),
    bridgeFile: undefined,
    rulesFile: undefined,
    prompts: join(root, 'prompts'),
    prices: join(root, 'infra', 'prices.json'),
    page: { folder: join(root, 'packages', 'dashboard', 'src', 'page'), isPacked: false },
    demo: join(here, '..', 'demo'),
    readOnly: sameInside([dirname(process.execPath)]),
  };
}

/** What every sandbox shows anyway is not mounted again. */
function sameInside(paths: readonly string[]): Mount[] {
  return paths.filter((p) => !p.startsWith('/usr/')).map((p) => ({ host: p, inside: p }));
}

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

/**
 * PATH for everything that runs in a sandbox: the operator's own, without the tools swarm is built with; the Node
 * that runs us comes first where the operator's `node` is that very one, else last, so that there always is one.
 */
export function sandboxPath(env: Environment): readonly string[] {
  const nodeFolder = dirname(process.execPath);
  const folders = (env.PATH ?? '/usr/local/bin:/usr/bin:/bin')
    .split(delimiter)
    .filter((f) => f.startsWith('/'));
  const node = folders.map((f) => join(f, 'node')).find((f) => existsSync(f));
  const isOurs = node !== undefined && realpathSync(node) === realpathSync(process.execPath);
  const own = folders.filter((f) => !f.split(sep).includes('node_modules') && f !== nodeFolder);
  return isOurs ? [nodeFolder, ...own] : [...own, nodeFolder];
}
