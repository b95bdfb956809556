import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId } from '@swarm/core/model/ids';
import type { RunFiles } from '@swarm/core/ports/world';
import type { RunPaths } from '../finding/paths.ts';
import { sanitize } from '../telling/output.ts';

/**
 * The run's folder on disk.
 * @param redact takes known secrets out of what a model said.
 */
export function createRunFiles(paths: RunPaths, redact: (text: string) => string): RunFiles {
  return {
    writePlannerAnswer: (iteration, text) =>
      writeWhole(join(paths.planner, `${iteration}.txt`), sanitize(redact(text.toWellFormed()))),
    writeHandoff: (attempt, json) => writeWhole(join(paths.attempts, attempt, 'handoff.json'), json),
    async writeGateOutput(name, text) {
      const path = join(paths.gates, `${name}.txt`);
      await writeWhole(path, sanitize(redact(text.toWellFormed())));
      await keepNewest(paths.gates, GATES_KEPT);
      return path;
    },
    writeEvidence: (attempt, json) => writeWhole(evidenceOf(paths, attempt), sanitize(redact(json))),
    readEvidence: (attempt) => readBounded(evidenceOf(paths, attempt), EVIDENCE_BYTES_MAX),
    async writeReport(json, markdown) {
      await writeWhole(paths.reportJson, json);
      await writeWhole(paths.reportMarkdown, markdown);
    },
  };
}

const evidenceOf = (paths: RunPaths, attempt: AttemptId): string =>
  join(paths.attempts, attempt, 'evidence.json');
/** Two ends of outputs, each character of which may be escaped. */
const EVIDENCE_BYTES_MAX = 64 * 1024;

async function readBounded(path: string, bytesMax: number): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    return size > bytesMax ? undefined : await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Outputs of failed gates that stay: each is a megabyte at most. */
const GATES_KEPT = 100;

async function keepNewest(folder: string, count: number): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= count) return;
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(count);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}

/** Whole or absent: written beside, synced, renamed. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    const file = await open(temporary, 'w', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    throw new SwarmError(
      {
        code: 'SW0701',
        what: `${path} cannot be written: ${(error as Error).message}`,
        fix: `df -h ${dirname(path)}`,
      },
      { cause: error },
    );
  }
}
