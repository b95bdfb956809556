/** Finds a run of a repository: in its git directory, or in the work tree, where older versions kept them. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commonDir } from './git.ts';

const RUN = /^r-\d{8}-[a-z2-7]{4}$/;
/** The time stands at the head of a journal's line. */
const HEAD_BYTES = 256;

/**
 * The journal of the run that is asked for, else of the newest: the one whose journal began last.
 * @throws Error when there is no such run, or git cannot read the repository.
 */
export async function findJournal(repository: string, run?: string): Promise<string> {
  const folders = [join(await commonDir(repository), 'swarm', 'runs'), join(repository, '.swarm', 'runs')];
  const found = (await Promise.all(folders.map(journalsIn))).flat();
  const newest = found.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.run < b.run ? 1 : -1));
  const meant = run === undefined ? newest[0] : found.find((journal) => journal.run === run);
  if (!meant)
    throw new Error(`there is no run${run === undefined ? '' : ` ${run}`} in ${folders.join(' or ')}`);
  return meant.path;
}

interface FoundJournal {
  readonly run: string;
  readonly path: string;
  /** When it began; empty where that cannot be read. */
  readonly at: string;
}

async function journalsIn(runs: string): Promise<FoundJournal[]> {
  const names = (await readdir(runs).catch(() => [])).filter((name) => RUN.test(name));
  const paths = names.map((run) => ({ run, path: join(runs, run, 'journal.ndjson') }));
  return Promise.all(paths.map(async (found) => ({ ...found, at: await beginning(found.path) })));
}

async function beginning(journal: string): Promise<string> {
  const file = await open(journal).catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return /"at":"([^"]+)"/.exec(buffer.toString('latin1'))?.[1] ?? '';
  } finally {
    await file.close();
  }
}
