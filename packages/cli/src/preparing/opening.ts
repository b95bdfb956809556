/** What a run begins with: words, a plan, branches. */
import { SwarmError } from '@swarm/core/errors';
import type { Criterion } from '@swarm/core/model/acceptance';
import type { RunMode } from '@swarm/core/model/request';
import { readPlan } from '@swarm/core/rules/plan-file';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { Context } from '../program/context.ts';
import type { RunOptions } from '../program/options.ts';
import { readAccept } from './accept-file.ts';
import type { BranchesOpening } from './branches.ts';
import { readInput } from './input-file.ts';

export interface Opening {
  readonly text: string;
  readonly mode: RunMode;
  readonly plan?: readonly TaskDraft[];
  readonly branches?: BranchesOpening;
  /** What is to hold at its end. */
  readonly accept?: readonly Criterion[];
  /** The issue that asked for it. */
  readonly issue?: { readonly number: number; readonly url: string };
  /** It holds words of people who may not write to the repository. */
  readonly hasOutsiders?: true;
  /** Said before anything runs. */
  readonly notices?: readonly string[];
}

/** Of `swarm run`. Errors: SW0103 without a request, SW0201 and SW0202 for a file that cannot be read or is wrong. */
export async function openingOf(request: string, options: RunOptions, context: Context): Promise<Opening> {
  const fromFile = options.requestFile === undefined ? '' : await readInput(options.requestFile, context.cwd);
  const text = [request, fromFile]
    .map((t) => t.trim())
    .filter(Boolean)
    .join('\n\n');
  const accept = await acceptOf(options.accept, context);
  if (options.solo && options.plan !== undefined) throw notBoth();
  if (options.plan === undefined) {
    if (text !== '') return { ...(options.solo ? soloOf(text) : { text, mode: 'planner' }), ...accept };
    throw new SwarmError({
      code: 'SW0103',
      what: 'there is no request',
      why: 'neither words, --request-file nor --plan was given',
      fix: 'swarm run "what you want done"',
    });
  }
  const { drafts, problems } = readPlan(await readInput(options.plan, context.cwd));
  if (problems.length > 0) {
    throw new SwarmError(
      problems.map((p) => ({
        code: 'SW0202',
        what: `the plan is wrong: ${p.why}`,
        where: `${options.plan}: ${p.path}`,
        fix: 'swarm schema task',
      })),
    );
  }
  return { text: text || `the plan in ${options.plan}`, mode: 'plan', plan: drafts, ...accept };
}

const acceptOf = async (
  file: string | undefined,
  { cwd }: Context,
): Promise<{ readonly accept?: readonly Criterion[] }> =>
  file === undefined ? {} : { accept: await readAccept(file, cwd) };
/** `--solo`: the request is the only task, and no planner is asked. It is gated and lands as any other. */
export function soloOf(text: string): Opening {
  const title = text.split('\n', 1)[0]!.trim();
  const draft: TaskDraft = {
    label: 'solo',
    title: title.length > TITLE_MAX ? `${title.slice(0, TITLE_MAX - 1).toWellFormed()}…` : title,
    description: text,
    scope: [],
    acceptance: '',
    priority: 5,
    dependsOn: [],
    kind: 'change',
    requires: [],
  };
  return {
    text,
    mode: 'plan',
    plan: [draft],
    notices: ['solo: one worker does the whole request, and no planner is asked'],
  };
}

const TITLE_MAX = 120;

const notBoth = (): SwarmError =>
  new SwarmError({
    code: 'SW0101',
    what: '--solo makes one task of the request, and --plan brings tasks',
    where: '--solo',
    fix: 'swarm run --solo "what you want done"',
  });
