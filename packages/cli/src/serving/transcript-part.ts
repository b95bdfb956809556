/** A part of a transcript: it may be of any length, and a page takes what it can hold. */
import type { AttemptId } from '@swarm/core/model/ids';
import type { TranscriptLine, TranscriptPart } from '@swarm/dashboard';
import { openTranscript, transcriptPath } from '../finding/transcript-file.ts';
import { lineOf, nothingSaid, saidIn } from '../telling/said.ts';

/** Of one part, and of one line. */
const PART_BYTES = 1 << 20;
const LINE_BYTES_MAX = 16 << 20;
const NEWLINE = 10;

/** @param from a byte at which a line begins. Errors: SW0108 where there is none. */
export async function transcriptPart(
  attempts: string,
  attempt: AttemptId,
  from: number,
): Promise<TranscriptPart> {
  const path = transcriptPath({ attempts }, attempt);
  const file = await openTranscript(path);
  if (!file) throw nothingSaid(attempt, path);
  try {
    for (let size = PART_BYTES; ; size *= 4) {
      const buffer = Buffer.alloc(size);
      const { bytesRead } = await file.read(buffer, 0, size, from);
      const read = buffer.subarray(0, bytesRead);
      const end = read.lastIndexOf(NEWLINE) + 1;
      const isEnd = bytesRead < size;
      // Of a line that is being written the end is still to come.
      if (end > 0 || isEnd) return { lines: linesIn(read.subarray(0, end)), next: from + end, isEnd };
      if (size >= LINE_BYTES_MAX) return { lines: [TOO_LONG], next: from + bytesRead, isEnd };
    }
  } finally {
    await file.close();
  }
}

const UNREADABLE: TranscriptLine = { time: '', head: '(a line that cannot be read)', body: '' };
const TOO_LONG: TranscriptLine = { time: '', head: '(a line that is too long to be shown)', body: '' };

const linesIn = (bytes: Buffer): readonly TranscriptLine[] =>
  bytes
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const read = lineOf(line);
      return read ? saidIn(read) : [UNREADABLE];
    });
