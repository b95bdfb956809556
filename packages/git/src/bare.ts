/** The files of the bare repositories we make: the hub, intakes, quarantines. Their settings are ours alone. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Boundary } from './boundary.ts';
import type { Git } from './git.ts';
import type { ObjectFormat } from './identity.ts';
import type { Layout } from './layout.ts';

/** Made aside and renamed: a hub is there whole or not at all. Its settings are written anew at each opening. */
export async function ensureHub(git: Git, layout: Layout, format: ObjectFormat): Promise<void> {
  if (!existsSync(layout.hub)) {
    const making = `${layout.hub}.making`;
    await rm(making, { recursive: true, force: true });
    const args = [
      '--quiet',
      '--bare',
      '--shared=0644',
      '--template=',
      `--object-format=${format}`,
      '--',
      making,
    ];
    await git.run({ discoverFrom: layout.stateDir }, 'init', args);
    await mkdir(join(making, 'info'), { recursive: true });
    await rename(making, layout.hub);
  }
  await writeFile(join(layout.hub, 'config'), configOf(format, 'hub'));
  await writeAttributes(layout.hub, NONE);
}

/** Highest in precedence: no driver of a repository's own may settle a conflict unseen. */
const NONE = '* !merge !conflict-marker-size\n';

/** Before any merge: a git process that stays reads them once. */
export const writeAttributes = (gitDir: string, text: string): Promise<void> =>
  writeFile(join(gitDir, 'info', 'attributes'), text);

/**
 * Only the hub must outlive a power cut; intakes and workspaces are thrown away after one. A workspace is handed over to
 * the sandbox's user, which changes owners and ctimes of all its files: git in there must not take that for changes.
 */
export function configOf(format: ObjectFormat, kind: 'hub' | 'intake' | 'workspace'): string {
  const version = format === 'sha256' ? 1 : 0;
  const core = [
    `\trepositoryFormatVersion = ${version}`,
    `\tbare = ${kind !== 'workspace'}`,
    `\tfsync = ${kind === 'hub' ? 'all' : 'none'}`,
    `\tlogAllRefUpdates = ${kind === 'workspace'}`,
  ];
  const moved = kind === 'workspace' ? ['\tcheckStat = minimal', '\ttrustctime = false'] : [];
  // Commands in a sandbox are another user's: they read the hub's objects also where the operator's umask closes new files.
  if (kind === 'hub') core.push('\tsharedRepository = 0644');
  const extensions = format === 'sha256' ? ['[extensions]', '\tobjectFormat = sha256'] : [];
  return `${['[core]', ...core, ...moved, '[gc]', '\tauto = 0', ...extensions].join('\n')}\n`;
}

const LEFTOVER = /\.lock$|^tmp_(?:obj|pack|idx|rev)_|^\.tmp-|^(?:incoming|tmp_objdir)-/;

/** Removes what killed git processes left: they are dead, since the run's lock is held. Never outside our hub. */
export async function heal(hub: string): Promise<void> {
  await rm(join(hub, 'quarantine'), { recursive: true, force: true });
  for (const entry of await readdir(hub, { recursive: true, withFileTypes: true })) {
    if (LEFTOVER.test(entry.name))
      await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
  }
}

/** Git's own minimum, written by us: no template, no hook. In place: a hop to another thread costs more than each step. */
export function bareRepository(
  path: string,
  config: string,
  objects?: string | undefined,
  boundary?: Boundary,
): void {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads'])
    mkdirSync(join(path, folder), { recursive: true });
  writeFileSync(join(path, 'HEAD'), 'ref: refs/heads/work\n');
  writeFileSync(join(path, 'config'), config);
  if (objects !== undefined) writeFileSync(join(path, 'objects/info/alternates'), `${objects}\n`);
  boundary?.copyTo(path);
}
