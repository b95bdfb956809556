/**
 * Why a candidate may not land: pure decisions over what the gate said and what the change is. Gathering is one
 * read of the changed manifests and test files; nothing here runs anything.
 */
import {
  assertNever,
  type Candidate,
  type ChangedText,
  type GateResult,
  isTestPath,
  newFailures,
  protectedChanges,
  type RejectionReason,
  type RepositoryReader,
  type Task,
  weakening,
} from '@swarm/core';
import type { Context } from '../context.ts';

export interface Rejection {
  readonly reason: RejectionReason;
  readonly detail: string;
  readonly files: readonly string[];
}

/** Most files of one change that are read; with more changed tests than this, the counts alone are looked at. */
const READ_MAX = 200;

/**
 * Before the gate: does the change touch what only the operator may change?
 * @param paths what the candidate changes.
 */
export async function protectedIn(
  context: Context,
  task: Task,
  candidate: Candidate,
  paths: readonly string[],
): Promise<Rejection | undefined> {
  const { request } = context.state.run!;
  const manifests = paths.filter((path) => /(?:^|\/)package\.json$/i.test(path));
  const held = protectedChanges({
    paths,
    scope: task.spec.scope,
    source: task.source,
    gate: request.gate,
    protect: request.protect ?? [],
    manifests: await changedTexts(context.ports.reader, candidate, manifests),
  });
  if (held.length === 0) return undefined;
  return {
    reason: 'protected',
    detail: `its scope does not allow it to change ${held.map((h) => `${h.path} (${h.why})`).join('; ')}`,
    files: [...new Set(held.map((h) => h.path))],
  };
}

/** What was tested: one task's change, or those of a batch together. */
export interface Tested {
  readonly candidate: Candidate;
  readonly tasks: readonly Task[];
  readonly paths: readonly string[];
}

/** After the gate: why the candidate may not land; undefined when it may. */
export async function rejectionOf(
  context: Context,
  result: GateResult,
  { candidate, tasks, paths }: Tested,
): Promise<Rejection | undefined> {
  const { headGate } = context.state;
  const failed = failureOf(result, headGate);
  const isTheirs = tasks.every((task) => task.source.by === 'land');
  if (failed || result.outcome === 'none' || isTheirs) return failed;
  const tests = paths.filter((path) => isTestPath(path)).slice(0, READ_MAX);
  const why = weakening({
    before: headGate?.tests,
    now: result.tests,
    changes: await changedTexts(context.ports.reader, candidate, tests),
    scope: tasks.flatMap((task) => task.spec.scope),
  });
  return why === undefined ? undefined : { reason: 'tests-weakened', detail: why, files: tests };
}

/** What the gate's own outcome says, with what is new in it first. */
function failureOf(result: GateResult, before: GateResult | undefined): Rejection | undefined {
  switch (result.outcome) {
    case 'passed':
    case 'no-worse':
    case 'none':
      return undefined;
    case 'failed': {
      const known = result.signatures.length - newFailures(result, before).length;
      const lines =
        known > 0 ? [`new, and not on the target before: ${newFailures(result, before).join('; ')}`] : [];
      return { reason: 'gate-failed', detail: [...lines, result.output].join('\n'), files: [] };
    }
    case 'timeout':
      return { reason: 'gate-timeout', detail: result.output, files: [] };
    case 'killed': {
      const limit = result.limit
        ? `it used more than its limit of ${result.limit} ${result.limit === 'output' ? '' : ` (gate.${result.limit})`}\n`
        : '';
      return { reason: 'gate-killed', detail: `${limit}${result.output}`, files: [] };
    }
    case 'broken':
      return { reason: 'gate-failed', detail: `the gate could not be run: ${result.output}`, files: [] };
    default:
      return assertNever(result.outcome);
  }
}

async function changedTexts(
  reader: RepositoryReader,
  { parent, commit }: Candidate,
  paths: readonly string[],
): Promise<readonly ChangedText[]> {
  return Promise.all(
    paths.slice(0, READ_MAX).map(async (path) => {
      const [before, after] = await Promise.all([reader.read(parent, path), reader.read(commit, path)]);
      return { path, before, after };
    }),
  );
}
