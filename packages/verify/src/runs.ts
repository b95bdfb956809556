/** Finds the newest run of a folder of runs: the one whose journal began last. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const RUN = /^r-\d{8}-[a-z2-7]{4}$/;
/** The time stands at the head of a journal's line. */
const HEAD_BYTES = 256;

/** @throws Error when there is no run. */
export async function newestRun(runs: string): Promise<string> {
  const names = (await readdir(runs).catch(() => [])).filter((name) => RUN.test(name));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: await beginning(join(runs, name)) })),
  );
  const newest = dated.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.name < b.name ? 1 : -1))[0];
  if (!newest) throw new Error(`there is no run in ${runs}`);
  return newest.name;
}

async function beginning(folder: string): Promise<string> {
  const file = await open(join(folder, 'journal.ndjson')).catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return /"at":"([^"]+)"/.exec(buffer.toString('latin1'))?.[1] ?? '';
  } finally {
    await file.close();
  }
}
