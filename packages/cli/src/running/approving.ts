/** Shows a plan and asks: yes, edit, no. An edited plan is read like any plan file, and asked about again. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlan } from '@swarm/core/rules/plan-file';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { Approve, Verdict } from '@swarm/orchestrator';
import type { Environment } from '../finding/paths.ts';
import { askLine, isYes } from '../preparing/ask.ts';
import type { Foresee } from '../preparing/foresee.ts';
import type { Context } from '../program/context.ts';
import { sanitize } from '../telling/output.ts';
import { planFile, renderPlan } from '../telling/plan-text.ts';
import type { Terminal } from '../telling/terminal.ts';

/** Mistakes of an edited plan shown at once. */
const MISTAKES_MAX = 20;

export interface ApprovalAsk {
  readonly context: Context;
  readonly terminal: Terminal;
  /** `--yes`: shown, not asked. */
  readonly isYes: boolean;
  /** What a plan is likely to use. */
  readonly foresee: Foresee;
  /** Said after a yes, such as what a yes does not cover. */
  readonly afterYes?: string;
  /** The terminal is gone, or its input has ended: nobody said no. */
  readonly leave: () => void;
}

export function approver(ask: ApprovalAsk): Approve {
  const { context, terminal } = ask;
  return (drafts, { problem, signal }) => {
    if (problem !== undefined) context.output.narrate(`the plan was not accepted: ${sanitize(problem)}`);
    return terminal.take(async () => {
      const verdict = await untilSaid(ask, drafts, signal);
      if (verdict.kind === 'yes' && ask.afterYes) context.output.narrate(ask.afterYes);
      return verdict;
    });
  };
}

async function untilSaid(
  ask: ApprovalAsk,
  proposed: readonly TaskDraft[],
  signal: AbortSignal,
): Promise<Verdict> {
  let drafts = proposed;
  await show(drafts, ask);
  for (;;) {
    if (ask.isYes) return { kind: 'yes', drafts, isEdited: false };
    const said = await askLine('Start with this plan? [y]es, [e]dit, [n]o:', signal);
    if (said === undefined) return left(ask, signal);
    if (isYes(said)) return { kind: 'yes', drafts, isEdited: drafts !== proposed };
    if (/^no?$/i.test(said.trim())) return { kind: 'no' };
    if (!/^e(dit)?$/i.test(said.trim())) continue;
    drafts = await edited(ask, drafts, signal);
    await show(drafts, ask);
  }
}

/** The person is gone without an answer. The run stops as with Ctrl-C and asks again when it is resumed. */
async function left(ask: ApprovalAsk, signal: AbortSignal): Promise<Verdict> {
  ask.leave();
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return { kind: 'no' };
}

async function show(drafts: readonly TaskDraft[], { context, foresee }: ApprovalAsk): Promise<void> {
  const { output } = context;
  const { text } = await foresee(drafts);
  output.narrate(`\n${renderPlan(drafts, output.narrationColumns)}\n\n${text}\n`);
}

// ───────────── the editor ─────────────

/** The plan as it was edited; as it was before, with every mistake said, where it cannot be read. */
async function edited(
  { context, terminal }: ApprovalAsk,
  drafts: readonly TaskDraft[],
  signal: AbortSignal,
): Promise<readonly TaskDraft[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-plan-'));
  const file = join(folder, 'plan.json');
  const say = (text: string): void => context.output.narrate(sanitize(text));
  try {
    let text = planFile(drafts);
    for (;;) {
      await writeFile(file, text, { mode: 0o600 });
      const failure = await terminal.edit(() => runEditor(file, context.env, signal));
      if (failure !== undefined) {
        say(`${failure}; the plan is as it was`);
        return drafts;
      }
      text = await readFile(file, 'utf8');
      const { drafts: read, problems } = readPlan(text);
      if (problems.length === 0) return read;
      for (const { path, why } of problems.slice(0, MISTAKES_MAX)) say(`  ${path || 'the plan'}: ${why}`);
      const said = await askLine(`${mistakes(problems.length)} in the plan. [e]dit again, [b]ack:`, signal);
      if (!/^e(dit)?$/i.test((said ?? '').trim())) return drafts;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const mistakes = (n: number): string => `${n} ${n === 1 ? 'mistake' : 'mistakes'}`;

/** As git does: the variable is a command line of a shell, and the file its last word. Undefined when it went well. */
function runEditor(file: string, env: Environment, signal: AbortSignal): Promise<string | undefined> {
  const editor = env.VISUAL || env.EDITOR || 'vi';
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit', env, signal });
    child.once('error', (error) => resolve(`the editor ${editor} cannot be started: ${error.message}`));
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : `the editor ${editor} ended with ${code ?? 'a signal'}`),
    );
  });
}
