/** Where what an attempt's agent said lies, and how it is opened. */
import { constants, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptId } from '@swarm/core/model/ids';
import type { RunPaths } from './paths.ts';

export const transcriptPath = ({ attempts }: Pick<RunPaths, 'attempts'>, attempt: AttemptId): string =>
  join(attempts, attempt, 'transcript.ndjson');

/** A link there is none of ours, and is not followed. Undefined where there is none. */
export const openTranscript = (path: string): Promise<FileHandle | undefined> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
