/** What the planner said last, for whoever has to find out why there was nothing to do. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChalkInstance } from 'chalk';
import { sanitizeLine } from './output.ts';

export interface PlannerWords {
  /** The file that has all of it. */
  readonly path: string;
  /** Its first lines that are not blank. */
  readonly first: readonly string[];
}

const LINES_SHOWN = 3;
const NAME = /^(\d+)\.txt$/;

/**
 * @param folder the run's own for what its planner said.
 * @returns undefined where it never said a word.
 */
export async function plannerWords(folder: string): Promise<PlannerWords | undefined> {
  const names = await readdir(folder).catch(() => []);
  const iterations = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  if (iterations.length === 0) return undefined;
  const path = join(folder, `${Math.max(...iterations)}.txt`);
  const text = await readFile(path, 'utf8').catch(() => '');
  const first = text.split('\n').filter((line) => line.trim() !== '');
  return { path, first: first.slice(0, LINES_SHOWN) };
}

/** The path first: it is what a person needs, and is never cut. */
export const wordsText = ({ path, first }: PlannerWords, ink: ChalkInstance): string[] => [
  `  the planner’s last words are in ${path}`,
  ...first.map((line) => `    ${ink.dim(`| ${sanitizeLine(line, 120)}`)}`),
];
