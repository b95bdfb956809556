/** What the board opens besides a task's story: its change, and what its agent said. Read when they are asked for. */

import type { TaskId } from '@swarm/core/model/ids';
import type { Text } from '@swarm/dashboard/board';
import { attemptOf, transcriptText } from '../commands/transcript.ts';
import { patchOf } from '../commands/work.ts';
import type { KnownRun } from '../finding/door.ts';
import { readKnown } from '../finding/opened-run.ts';
import { openTranscript, transcriptPath } from '../finding/transcript-file.ts';
import { nothingSaid } from '../telling/said.ts';
import { refusalText } from './refusal.ts';

/** Of a transcript that is longer the end is shown. */
const TRANSCRIPT_BYTES = 512 * 1024;

export const changeOf = (task: TaskId, known: KnownRun): Promise<Text> =>
  told(async () => {
    const { work, patch } = await patchOf(task, await readKnown(known), false);
    const title = `${work.attempt ?? work.task}, ${work.isLanded ? 'landed' : 'not landed'}`;
    return {
      kind: 'text',
      title,
      lines: patch === '' ? ['It changes nothing.'] : patch.trimEnd().split('\n'),
    };
  });

export const saidIn = (task: TaskId, known: KnownRun): Promise<Text> =>
  told(async () => {
    const attempt = attemptOf(task, await readKnown(known));
    const path = transcriptPath(known.paths, attempt);
    const end = await endOf(path);
    if (!end) throw nothingSaid(attempt, path);
    const lines = end.lines.flatMap((line) => transcriptText(line)?.split('\n') ?? []);
    const above = end.isCut ? [`(what stands above: swarm transcript ${attempt})`] : [];
    return { kind: 'text', title: attempt, lines: [...above, ...lines] };
  });

async function endOf(
  path: string,
): Promise<{ readonly lines: readonly string[]; readonly isCut: boolean } | undefined> {
  const file = await openTranscript(path);
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TRANSCRIPT_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
    // The first one may be half of one.
    return { lines: from > 0 ? lines.slice(1) : lines, isCut: from > 0 };
  } finally {
    await file.close();
  }
}

/** A refusal is read where the text would stand. */
async function told(read: () => Promise<Text>): Promise<Text> {
  try {
    return await read();
  } catch (error) {
    return { kind: 'refused', text: refusalText(error) };
  }
}
