import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { Finding } from '@swarm/core/model/request';
import type { RepositoryReader } from '@swarm/core/ports/git';
import { conflictLines } from '@swarm/core/rules/markers';

/** Findings of this kind are `conflict-markers: <path>`. */
const SIGNATURE = 'conflict-markers';
/** Findings told of one head; a file more would say nothing new. */
const FILES_MAX = 20;
const PATH_MAX = 250;

/**
 * Files in which a merge left its conflict, and in which the base had none: a fixture or a manual may well show one.
 * What cannot be looked through is a finding too: nobody knows that it is clean.
 */
export async function findMarkers(
  reader: RepositoryReader,
  base: CommitId,
  head: CommitId,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  try {
    for (const path of await suspectsIn(reader, head)) {
      const lines = await linesIn(reader, head, path);
      if (lines.length === 0 || (await wasThere(reader, base, path))) continue;
      found.push(finding(head, path.slice(0, PATH_MAX), lines.join('\n')));
      if (found.length === FILES_MAX) break;
    }
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const why = error.problems[0]?.why ?? error.message;
    found.push(finding(head, 'they could not be looked for', why));
  }
  return found;
}

const finding = (head: CommitId, what: string, detail: string): Finding => ({
  signature: `${SIGNATURE}: ${what}`,
  detail: detail.slice(0, 1_500),
  head,
});

/** One line is enough to look closer, so that no bound on matches hides the rest of a file. */
async function suspectsIn(reader: RepositoryReader, commit: CommitId): Promise<readonly string[]> {
  const lines = await reader.grep(commit, '^<{7} ');
  return [...new Set(lines.flatMap((line) => /^(.+?):\d+:<{7} /.exec(line)?.[1] ?? []))];
}

/** Too large to be read is what is said, on the base as on the head. */
const wasThere = async (reader: RepositoryReader, base: CommitId, path: string): Promise<boolean> =>
  (await linesIn(reader, base, path)).length > 0;

async function linesIn(reader: RepositoryReader, commit: CommitId, path: string): Promise<readonly string[]> {
  try {
    return conflictLines((await reader.read(commit, path)) ?? '');
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return [`it could not be looked through: ${error.problems[0]?.why ?? error.message}`];
  }
}
