/** A file the operator names on the command line: a plan, a request. Bounded, and never waited for in vain. */
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { shellWord } from '../telling/shell.ts';

/** More than any plan or request needs; what is longer is a mistake. */
export const INPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Open already, so that reading them waits for nobody who may never come: a shell's `<(…)` is such. */
const OPEN_ALREADY = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/** @param path `-` is standard input. Errors: SW0201 when it cannot be read, is no file, or is too long. */
export async function readInput(path: string, cwd: string): Promise<string> {
  const file = path === '-' ? '/dev/stdin' : resolve(cwd, path);
  try {
    const problem = OPEN_ALREADY.test(file) ? undefined : unfit(await stat(file));
    if (problem) throw new Error(problem);
    return await textOf(file);
  } catch (error) {
    throw new SwarmError({
      code: 'SW0201',
      what: `${path} cannot be read`,
      where: path,
      why: (error as Error).message,
      fix: path === '-' ? 'swarm run --plan tasks.json' : `ls -l ${shellWord(path)}`,
    });
  }
}

function unfit(facts: Stats): string | undefined {
  if (facts.isDirectory()) return 'it is a folder';
  if (facts.isFIFO()) return 'it is a named pipe, and whoever writes to it may never come';
  if (!facts.isFile()) return 'it is no ordinary file';
  return facts.size > INPUT_BYTES_MAX ? TOO_LONG : undefined;
}

const TOO_LONG = `it is longer than ${INPUT_BYTES_MAX} bytes`;

/** Counted as it comes: the size of a pipe, or of a file that grows, is not known beforehand. */
async function textOf(file: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of createReadStream(file) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > INPUT_BYTES_MAX) throw new Error(TOO_LONG);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
