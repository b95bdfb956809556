/**
 * What this machine's operator began, kept in their own state directory: one small file a run. A repository can hold
 * anything; it cannot hold this. A run's own description counts only as far as the record agrees with it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunId } from '@swarm/core/model/ids';
import * as z from 'zod';
import { writeWhole } from '../running/run-files.ts';
import { type Environment, stateHome } from './paths.ts';

export interface RunRecord {
  readonly v: 1;
  readonly run: RunId;
  /** Where the repository was. */
  readonly repository: string;
  /** `folderName` of its folder: a repository that was moved is still the same. Older versions kept no time of birth. */
  readonly folder: string;
  /** The same two of its git directory, which all its work trees share. Older versions did not keep them. */
  readonly gitDir?: string;
  readonly gitFolder?: string;
  /** `pinnedHash` of run.json. */
  readonly pinned: string;
  /** The same of the run.json that is to take its place: what was killed in between left one or the other. */
  readonly next?: string;
  /** The control socket of the process that works on the run, or that worked on it last. */
  readonly control?: string;
}

const schema = z.looseObject({
  v: z.literal(1),
  run: z.string(),
  repository: z.string(),
  folder: z.string(),
  gitDir: z.string().optional(),
  gitFolder: z.string().optional(),
  pinned: z.string(),
  next: z.string().optional(),
  control: z.string().startsWith('/').optional(),
});

export const recordPath = (env: Environment, run: RunId): string =>
  join(stateHome(env), 'known-runs', `${run}.json`);

/** Undefined where there is none, or none that can be read: what is not known is not trusted. */
export async function readRecord(env: Environment, run: RunId): Promise<RunRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(recordPath(env, run), 'utf8'));
    return schema.parse(value).run === run ? (value as RunRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** Errors: SW0701 where it cannot be written. */
export async function writeRecord(env: Environment, record: RunRecord): Promise<void> {
  const path = recordPath(env, record.run);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeWhole(path, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** When the run itself is removed. */
export const removeRecord = (env: Environment, run: RunId): Promise<void> =>
  rm(recordPath(env, run), { force: true });

/** Of everything run.json pins. Where the run listens is no part of it: each process that works on it listens elsewhere. */
export function pinnedHash(runFile: object): string {
  const { control: _, ...pinned } = runFile as { control?: unknown };
  return createHash('sha256').update(JSON.stringify(pinned)).digest('hex');
}
