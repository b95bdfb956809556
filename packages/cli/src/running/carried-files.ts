/** What a run's reference carries: its files, cut into pieces of which all but the last stay as they are. */
import { open, readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type AttemptId, attemptId, type CommitId, type TaskId } from '@swarm/core/model/ids';
import { isOver } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';
import type { RunPaths } from '../finding/paths.ts';
import type { RunFile } from './run-file.ts';

/** Bytes of one piece of the journal; it ends with the line that passes them. */
export const PIECE_BYTES = 256 * 1024;

/** Who works on the run, and when that was last said: on a machine that nobody here can ask. */
export interface Lease {
  readonly v: 1;
  readonly state: 'live' | 'left' | 'closed';
  readonly host: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly at: string;
  readonly version: string;
}

export function leaseBytes(state: Lease['state'], version: string): Buffer {
  const at = new Date().toISOString();
  const lease: Lease = { v: 1, state, host: hostname(), pid: process.pid, at, version };
  return Buffer.from(`${JSON.stringify(lease)}\n`);
}

/** How long a live run's word counts. It is said again far more often. */
export const LEASE_MS = 180_000;
/** How often it is said at least. */
export const HEARTBEAT_MS = 60_000;

/** Without what is of this machine alone: where it lies, where it listens, what it is recorded into. */
export function carriedRunFile(file: RunFile): string {
  const { control: _control, cassette: _cassette, repository: _repository, ...rest } = file;
  return `${JSON.stringify({ ...rest, repository: '' }, null, 2)}\n`;
}

/** A growing file, read in whole lines. */
export class JournalPieces {
  readonly #path: string;
  /** Where the piece begins that is not full yet. */
  #begin = 0;
  #full = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Pieces that are new or have grown, each with its name. The same again where nothing was added, and where whoever reads
   * them stopped at one.
   */
  async *read(): AsyncGenerator<{ readonly name: string; readonly bytes: Buffer }> {
    const file = await open(this.#path, 'r');
    try {
      for (;;) {
        const bytes = await lineEnd(file, this.#begin);
        if (bytes.length === 0) return;
        yield { name: pieceName(this.#full + 1), bytes };
        if (bytes.length < PIECE_BYTES) return;
        this.#begin += bytes.length;
        this.#full += 1;
      }
    } finally {
      await file.close();
    }
  }
}

export const pieceName = (n: number): string => `journal/${String(n).padStart(6, '0')}.ndjson`;

/** From `at` to the end of the line in which a piece is full, or of the last whole line. */
async function lineEnd(file: Awaited<ReturnType<typeof open>>, at: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let size = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at + size);
    const part = buffer.subarray(0, bytesRead);
    const from = size === 0 ? PIECE_BYTES - 1 : 0;
    const end = part.indexOf(10, Math.min(from, Math.max(0, bytesRead - 1)));
    if (end >= 0 && size + end + 1 >= PIECE_BYTES)
      return Buffer.concat([...parts, part.subarray(0, end + 1)]);
    parts.push(part);
    size += bytesRead;
    if (bytesRead < PIECE_BYTES) return wholeLines(Buffer.concat(parts));
  }
}

const wholeLines = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf(10) + 1);

/** The run's own texts of prompts, by the path they are carried under. */
export async function carriedPrompts({ prompts }: RunPaths): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(prompts).catch(() => [])).filter((name) =>
    /^[a-z][a-z-]{0,40}\.md$/.test(name),
  );
  const texts = await Promise.all(names.map((name) => readFile(join(prompts, name))));
  return new Map(names.map((name, i) => [`prompts/${name}`, texts[i]!]));
}

export interface CarriedWork {
  readonly attempt: AttemptId;
  readonly commit: CommitId;
}

/** Work that is not on the target and may still be needed: of every task that is not over. */
export function worksOf(state: State): readonly CarriedWork[] {
  return [...state.attempts.values()].flatMap((attempt): readonly CarriedWork[] => {
    if (attempt.state !== 'ended' || isDone(state, attempt.task)) return [];
    const task = state.tasks.get(attempt.task)!;
    const isLast = attempt.id === attemptId(task.id, task.attempts);
    const commit = attempt.handoff?.change?.commit ?? (isLast ? task.workCommit : undefined);
    return commit ? [{ attempt: attempt.id, commit }] : [];
  });
}

const isDone = (state: State, task: TaskId): boolean => {
  const found = state.tasks.get(task);
  return found === undefined || (isOver(found.state) && found.state !== 'failed');
};

/** All that has to come with the reference for the run to go on. */
export const keptCommits = (state: State): readonly CommitId[] => [
  ...(state.run ? [state.run.request.base] : []),
  ...(state.head ? [state.head] : []),
  ...worksOf(state).map(({ commit }) => commit),
];
