/** `swarm map`: the same work over many places, then one answer over what came of them. A front to a plan. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import { TASKS_MAX } from '@swarm/core/model/request';
import { TASK_LIMITS } from '@swarm/core/rules/task-format';
import { textProblem } from '@swarm/core/rules/text';
import { Git, ObjectReader } from '@swarm/git';
import { programPlaces } from '../places.ts';
import type { Found } from '../preparing/found.ts';
import { readInput } from '../preparing/input-file.ts';
import { choosePlaces, type PlacesAsk, type Tree, treeOf } from '../preparing/map-places.ts';
import { HOLE, mapDrafts } from '../preparing/map-tasks.ts';
import type { Opening } from '../preparing/opening.ts';
import { prepareFor } from '../preparing/prepare.ts';
import type { Context } from '../program/context.ts';
import type { MapOptions } from '../program/options.ts';
import { begin } from './run.ts';

export async function map(prompt: string, options: MapOptions, context: Context): Promise<number> {
  const problems = wordProblems(prompt, options);
  const lines = options.overFile === undefined ? undefined : await readInput(options.overFile, context.cwd);
  const asked: PlacesAsk = {
    globs: options.over ?? [],
    ...(lines !== undefined && { listed: { file: options.overFile!, lines: linesOf(lines) } }),
  };
  const opening = async (found: Found): Promise<Opening> => {
    const tree = await targetTree(found);
    const { places, problems: more } = choosePlaces(asked, tree, placesMax(options));
    if (problems.length + more.length > 0) throw new SwarmError([...problems, ...more]);
    const { reduce, verify, ask } = options;
    const plan = mapDrafts(places, {
      prompt,
      ...(reduce !== undefined && { reduce }),
      ...(verify !== undefined && { verify }),
      ...(ask && { isAsking: true }),
    });
    return { text: prompt, mode: 'plan', plan };
  };
  const places = programPlaces();
  const prepared = await prepareFor({ options, context, places, mode: 'plan', opening });
  return begin(prepared, options, context, places);
}

const placesMax = ({ reduce }: MapOptions): number => TASKS_MAX - (reduce === undefined ? 0 : 1);

const linesOf = (text: string): readonly string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/** What is wrong with a repository that has no target is told by preflight. */
async function targetTree({ checkout }: Found): Promise<Tree> {
  if (!checkout.isRepository || !checkout.targetCommit) return { files: [], folders: [] };
  const reader = new ObjectReader({ git: new Git(), hub: { gitDir: checkout.commonDir } });
  const files = (await reader.files(checkout.targetCommit as CommitId, '')) ?? [];
  return treeOf(files.filter(({ kind }) => kind === 'file').map(({ path }) => path));
}

function wordProblems(prompt: string, { over, overFile, reduce, verify }: MapOptions): Problem[] {
  const example = `swarm map "say what ${HOLE} does" --ask --over 'src/*.ts'`;
  const problems: Problem[] = [];
  if (prompt.trim() === '')
    problems.push({
      code: 'SW0103',
      what: 'nothing is said about what is wanted at each place',
      fix: example,
    });
  if ((over ?? []).length === 0 && overFile === undefined)
    problems.push({
      code: 'SW0101',
      what: 'neither --over nor --over-file names the places',
      fix: example,
    });
  const texts: readonly (readonly [string, string | undefined, number])[] = [
    ['<prompt>', prompt, TASK_LIMITS.description / 2],
    ['--reduce', reduce, TASK_LIMITS.description],
    ['--verify', verify, TASK_LIMITS.verify / 2],
  ];
  for (const [where, text, most] of texts) {
    const why = text === undefined ? undefined : textWrong(text, most);
    if (why !== undefined)
      problems.push({ code: 'SW0101', what: `the text of ${where} ${why}`, where, fix: example });
  }
  if (reduce !== undefined && reduce.trim() === '')
    problems.push({ code: 'SW0101', what: 'the text of --reduce is empty', where: '--reduce', fix: example });
  return problems;
}

const textWrong = (text: string, most: number): string | undefined =>
  text.length > most ? `is longer than ${most} characters` : textProblem(text);
