/** What one commit changes against another: as text, for whoever judges it, and as a name, to know the same change again. */
import { createHash } from 'node:crypto';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { PatchId } from '@swarm/core/model/review';
import type { ChangeReader, ChangeText } from '@swarm/core/ports/changes';
import type { HubContext } from './context.ts';
import { TOO_MUCH } from './git.ts';

/** Everything that decides how a diff is written is said here, whatever a configuration says. */
const FLAGS = [
  ...['-r', '-p', '--full-index', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'],
  ...['--unified=3', '--diff-algorithm=myers', '--src-prefix=a/', '--dst-prefix=b/', '--submodule=short'],
  '--end-of-options',
];
/** A diff of more is given no name, and is not shown. */
const DIFF_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

type Place = Pick<HubContext, 'git' | 'hub'>;

export class Changes implements ChangeReader {
  readonly #hub: Place;

  constructor(hub: Place) {
    this.#hub = hub;
  }

  /** SW0702 when one of the two is not in the hub. */
  async diff(from: CommitId | undefined, to: CommitId, maxChars: number): Promise<ChangeText> {
    const bytes = await diffOf(this.#hub, from ?? `${to}^1`, to);
    if (!bytes) return { text: '(the diff has more than 64 MiB and is not shown)', isCut: true };
    const whole = bytes.toString();
    const isCut = whole.length > maxChars;
    return { text: isCut ? whole.slice(0, maxChars).toWellFormed() : whole, isCut };
  }
}

/** Undefined of a diff that is too long: then nothing but the very commit is known to make that change. */
export async function patchOf(hub: Place, from: TreeId, to: TreeId): Promise<PatchId | undefined> {
  const bytes = await diffOf(hub, from, to);
  return bytes && patchIn(bytes);
}

/**
 * A name for the lines a diff adds and takes away and the three around them, wherever in the file they stand. Blanks
 * count, as they do in Python. What git does not show as text counts by its content before and after.
 */
export function patchIn(diff: Buffer): PatchId {
  const hash = createHash('sha256');
  let index = '';
  // As bytes: a line of a file begins with a blank, a sign or a backslash, so that what begins otherwise is git's own.
  for (const line of diff.toString('latin1').split('\n')) {
    if (line.startsWith('index ')) index = line;
    else if (line.startsWith('@@ ')) hash.update('@@\n');
    else {
      if (line.startsWith('Binary files ')) hash.update(`${index}\n`, 'latin1');
      hash.update(`${line}\n`, 'latin1');
    }
  }
  return hash.digest('hex').slice(0, 40) as PatchId;
}

async function diffOf({ git, hub }: Place, from: string, to: string): Promise<Buffer | undefined> {
  try {
    const options = { maxBytes: DIFF_MAX, timeoutMs: TIMEOUT_MS };
    return (await git.run(hub, 'diff-tree', [...FLAGS, from, to], options)).stdout;
  } catch (error) {
    if (error instanceof SwarmError && error.problems[0]?.why === TOO_MUCH) return undefined;
    throw error;
  }
}
