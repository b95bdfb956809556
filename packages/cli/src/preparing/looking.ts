/** What a look beforehand works with: the prompts, the repository and the settings of the run that would begin. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrompts } from '@swarm/agent';
import type { CommitId } from '@swarm/core/model/ids';
import type { RepositoryReader } from '@swarm/core/ports/git';
import type { Prompts } from '@swarm/core/ports/world';
import { Git, ObjectReader } from '@swarm/git';
import type { Settings } from '@swarm/orchestrator';
import { newRunPaths } from '../finding/paths.ts';
import type { ProgramPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import { settingsOf } from '../running/settings.ts';
import type { Prepared } from './prepare.ts';

export interface Look {
  readonly prompts: Prompts;
  readonly reader: RepositoryReader;
  readonly settings: Settings & Required<Pick<Settings, 'open'>>;
}

/** The trusted prompts lie in a folder of their own as long as `use` runs. */
export async function lookBeforehand<T>(
  prepared: Prepared,
  { env }: Pick<Context, 'env'>,
  places: ProgramPlaces,
  use: (look: Look) => Promise<T>,
): Promise<T> {
  const { file, commonDir, repository } = prepared;
  const ask = { ...prepared, paths: newRunPaths(repository, file.run), env, places, onLine: () => undefined };
  const { open, ...settings } = settingsOf(ask, prepared.base as CommitId, undefined);
  const overrides = await mkdtemp(join(tmpdir(), 'swarm-prompts-'));
  try {
    for (const [name, text] of prepared.promptOverrides) await writeFile(join(overrides, name), text);
    return await use({
      prompts: createPrompts({ folder: places.prompts, overrides }),
      reader: new ObjectReader({ git: new Git(), hub: { gitDir: commonDir } }),
      settings: { ...settings, open: open! },
    });
  } finally {
    await rm(overrides, { recursive: true, force: true });
  }
}
