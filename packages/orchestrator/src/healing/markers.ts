import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { Finding } from '@swarm/core/model/request';
import type { RepositoryReader } from '@swarm/core/ports/git';

/** Findings of this kind are `conflict-markers: <path>`. */
const SIGNATURE = 'conflict-markers';
/** Findings told of one head; a file more would say nothing new. */
const FILES_MAX = 20;
const PATH_MAX = 250;

/** Files with a merge's markers that the base had not: a fixture or a manual may well show some. */
export async function findMarkers(
  reader: RepositoryReader,
  base: CommitId,
  head: CommitId,
): Promise<readonly Finding[]> {
  const now = await markedIn(reader, head);
  if (now.size === 0) return [];
  const before = await markedIn(reader, base);
  const fresh = [...now].filter(([path]) => !before.has(path)).slice(0, FILES_MAX);
  return fresh.map(([path, lines]) => ({
    signature: `${SIGNATURE}: ${path.slice(0, PATH_MAX)}`,
    detail: lines.slice(0, 20).join('\n').slice(0, 1_500),
    head,
  }));
}

/** Both ends of a conflict are there, each at the beginning of a line. */
async function markedIn(
  reader: RepositoryReader,
  commit: CommitId,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = new Map<string, string[]>();
  for (const line of await reader.grep(commit, '^(<{7}|>{7}) ')) {
    const path = /^(.+):\d+:[<>]{7} /.exec(line)?.[1];
    if (path) files.set(path, [...(files.get(path) ?? []), line]);
  }
  const isWhole = (lines: readonly string[]) =>
    ['<', '>'].every((c) => lines.some((l) => l.includes(`:${c.repeat(7)} `)));
  return new Map([...files].filter(([, lines]) => isWhole(lines)));
}

/** Too much to list, or too slow: said, because then nobody knows. */
export const whyNotLooked = (error: unknown): string => {
  if (!(error instanceof SwarmError)) throw error;
  return error.problems[0]?.why ?? error.message;
};
