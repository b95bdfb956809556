/**
 * Why a candidate may not land: pure decisions over what the gate said and what the change is. Gathering is one
 * read of the changed manifests and test files; nothing here runs anything.
 */
import { SwarmError } from '@swarm/core/errors';
import type { Candidate, GateResult, Landing, RejectionReason } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
import type { RepositoryReader } from '@swarm/core/ports/git';
import { gateAt, newFailures } from '@swarm/core/rules/known-failures';
import { sourceOfWhole } from '@swarm/core/rules/pipeline';
import { protectedChanges } from '@swarm/core/rules/protected';
import { type ChangedText, isTestPath, weakening } from '@swarm/core/rules/weakened';
import type { State } from '@swarm/core/state';
import type { Context } from '../context.ts';

export interface Rejection {
  readonly reason: RejectionReason;
  readonly detail: string;
  readonly files: readonly string[];
}

/**
 * Most files of one kind that are read of one change: each is two processes. A change with more is held, for what is not
 * looked at may be what the look is for.
 */
const READ_MAX = 200;

/**
 * Before the gate: does the change touch what only the operator may change?
 * @param paths what the candidate changes.
 */
export async function protectedIn(
  context: Context<'reader'>,
  task: Task,
  candidate: Pick<Candidate, 'parent' | 'commit'>,
  paths: readonly string[],
): Promise<Rejection | undefined> {
  const { request } = context.state.run;
  // A person who asks for a branch by name has chosen what is in it.
  if (task.source.by === 'land') return undefined;
  const all = paths.filter((path) => /(?:^|\/)package\.json$/i.test(path));
  const { texts: manifests, unread } = await changedTexts(context.ports.reader, candidate, all);
  const held = [
    ...unread.map((path) => ({
      path,
      why: 'it is not looked through: there are too many, or it is too large',
    })),
    ...protectedChanges({
      paths,
      scope: task.spec.scope,
      source: sourceOfWhole(context.state, task),
      gate: request.gate,
      protect: request.protect ?? [],
      manifests,
      hasOutsiders: request.hasOutsiders === true,
    }),
  ];
  if (held.length === 0) return undefined;
  return {
    reason: 'protected',
    detail: `its scope does not allow it to change ${heldText(held)}`,
    files: [...new Set(held.map((h) => h.path))],
  };
}

const HELD_TOLD_MAX = 20;

function heldText(held: readonly { readonly path: string; readonly why: string }[]): string {
  const more = held.length > HELD_TOLD_MAX ? ` and ${held.length - HELD_TOLD_MAX} more` : '';
  return `${held
    .slice(0, HELD_TOLD_MAX)
    .map((h) => `${h.path} (${h.why})`)
    .join('; ')}${more}`;
}

/**
 * After the gate: a candidate that asks less of it than the target does is `weakened`, whatever the gate said.
 * Everything else is as it was.
 */
export async function weighed(
  context: Context<'reader'>,
  result: GateResult,
  landing: Landing,
): Promise<GateResult> {
  if (result.outcome !== 'passed' && result.outcome !== 'no-worse') return result;
  const { state, ports } = context;
  const tasks = landing.members.map(({ task }) => state.tasks.get(task)!);
  if (tasks.every((task) => task.source.by === 'land')) return result;
  const tests = pathsOf(state, landing).filter((path) => isTestPath(path));
  const before = gateAt(state, landing.candidate.parent)?.tests;
  const now = result.tests;
  const { texts: changes, unread } = await changedTexts(ports.reader, landing.candidate, tests);
  // Where both sides are counted the counts decide, and no text is needed.
  const isBlind = unread.length > 0 && !(before && now);
  const why = isBlind
    ? `its gate names no count of tests, and of the ${tests.length} test files it changes ${unread.length} are not looked through: there are too many, or they are too large (${unread[0]})`
    : weakening({ before, now, changes, scope: tasks.flatMap((task) => task.spec.scope) });
  return why === undefined ? result : { ...result, outcome: 'weakened', output: why };
}

/** What its members changed, as it was measured when they were handed in. */
function pathsOf(state: State, { members }: Landing): readonly string[] {
  const paths = members.flatMap(({ attempt }) => {
    const made = state.attempts.get(attempt);
    return made?.state === 'ended' ? (made.handoff?.change?.filesChanged ?? []) : [];
  });
  return [...new Set(paths)];
}

const figures = (result: GateResult | undefined): string =>
  result?.tests
    ? `${result.tests.run - result.tests.failed} of ${result.tests.run} tests passed`
    : 'no tests were counted';

/** For whoever has to mend it: what is new in the failure, or which bound was passed, before what the gate printed. */
export function detailOf(result: GateResult, before: GateResult | undefined): string {
  const { limit, output, signatures } = result;
  if (limit)
    return `it used more than its limit of ${limit}${limit === 'output' ? '' : ` (gate.${limit})`}\n${output}`;
  const news = newFailures(result, before);
  const isMixed = result.outcome === 'failed' && news.length < signatures.length;
  if (result.outcome === 'failed' && result.isTold && news.length === 0)
    return `nothing new failed, and ${figures(result)} with it, where ${figures(before)} on the target before\n${output}`;
  return isMixed ? `new, and not on the target before: ${news.join('; ')}\n${output}` : output;
}

/** `unread`: beyond the bound, or nothing the reader gives: their text is not known, and not taken for none. */
export async function changedTexts(
  reader: RepositoryReader,
  { parent, commit }: Pick<Candidate, 'parent' | 'commit'>,
  paths: readonly string[],
): Promise<{ readonly texts: readonly ChangedText[]; readonly unread: readonly string[] }> {
  const texts: ChangedText[] = [];
  const unread = paths.slice(READ_MAX);
  await Promise.all(
    paths.slice(0, READ_MAX).map(async (path) => {
      try {
        const [before, after] = await Promise.all([reader.read(parent, path), reader.read(commit, path)]);
        texts.push({ path, before, after });
      } catch (error) {
        if (!(error instanceof SwarmError)) throw error;
        unread.push(path);
      }
    }),
  );
  return { texts, unread };
}
