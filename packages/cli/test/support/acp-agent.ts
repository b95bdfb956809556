/** The agents' package's own agent of the Agent Client Protocol, as one file that a sandbox can show. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE } from '../../src/running/agent-bundle.ts';
import type { World } from './world.ts';

const SOURCE = join(import.meta.dirname, '../../../agent/test/acp-agent.fixture.ts');

let bundled: Promise<string> | undefined;
const bundle = async (): Promise<string> =>
  (await build({ ...BUNDLE, entryPoints: [SOURCE], write: false })).outputFiles[0]!.text;

/** Its command line in this world. @param words see the fixture. */
export async function acpAgent(world: World, ...words: string[]): Promise<readonly string[]> {
  const file = join(world.root, 'acp-agent.mjs');
  bundled ??= bundle();
  await writeFile(file, await bundled);
  return [process.execPath, file, ...words];
}
