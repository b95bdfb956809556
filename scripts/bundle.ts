/** The program as it is installed: its bundles, and what it reads at run time beside them. */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE, NOT_THE_AGENTS } from '../packages/cli/src/running/agent-bundle.ts';
import { PAGE_BUNDLE, PAGE_FILES } from '../packages/cli/src/serving/page.ts';

const ROOT = join(import.meta.dirname, '..');

/** From the repository to the place packages/cli/src/places.ts looks in. */
const COPIED: Readonly<Record<string, string>> = {
  'packages/cli/bin/swarm.cjs': 'bin/swarm.cjs',
  'packages/cli/demo': 'demo',
  prompts: 'prompts',
  'infra/models.json': 'infra/models.json',
  'infra/prices.json': 'infra/prices.json',
  docs: 'docs',
  'swarm.schema.json': 'swarm.schema.json',
  'README.md': 'README.md',
};

/** Fills `folder`, but for its package.json. */
export async function bundleProgram(folder: string): Promise<void> {
  await bundle(join(folder, 'dist'));
  await bundlePage(join(folder, 'page'));
  copyFiles(folder);
}

/**
 * The program is cut into pieces along its lazy imports, so that help loads what it prints and no more. Agent and
 * bridge run inside the sandbox: one whole file each.
 */
async function bundle(outdir: string): Promise<void> {
  // Only the sources bundle the agent themselves; here it lies ready.
  const shared = { ...BUNDLE, ...SMALL, external: ['esbuild'], legalComments: 'none' as const };
  const source = (path: string): string => join(ROOT, 'packages', path);
  const program = { swarm: source('cli/src/main.ts') };
  await build({ ...shared, ...BOARD, entryPoints: program, outdir, splitting: true });
  const whole = { 'agent-main': source('cli/src/agent-main.ts'), bridge: source('sandbox/src/bridge.ts') };
  await build({ ...shared, external: NOT_THE_AGENTS, entryPoints: whole, outdir });
  // A process of its own, started where there is work to look through.
  const rules = { 'secret-rules': source('telemetry/src/rules/child.ts') };
  await build({ ...shared, entryPoints: rules, outdir, minify: true });
}

/**
 * Without comments and indentation, which Node would read and hold too, twice as large as they are: V8 keeps a file with any
 * character beyond Latin-1 in two bytes for each. Names stay, and lines are short enough to be told in a stack.
 */
const SMALL = { minifyWhitespace: true, charset: 'ascii', lineLimit: 200 } as const;

/** What the board brings is for those who draw on terminals, not for those who take it apart. */
const BOARD = {
  // Whoever asks for it has no such tool here, and as it stands it would have to be installed.
  alias: { 'react-devtools-core': join(import.meta.dirname, 'no-devtools.ts') },
  define: { 'process.env.NODE_ENV': '"production"' },
};

/** The page that `swarm serve` shows. */
async function bundlePage(outdir: string): Promise<void> {
  const sources = join(ROOT, 'packages', 'dashboard', 'src', 'page');
  await build({ ...PAGE_BUNDLE, absWorkingDir: sources, outdir });
  for (const name of PAGE_FILES) cpSync(join(sources, name), join(outdir, name));
}

function copyFiles(folder: string): void {
  for (const [from, to] of Object.entries(COPIED)) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(ROOT, from), join(folder, to), { recursive: true });
  }
}
