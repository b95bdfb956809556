/** Failures of the target become tasks: by root cause where a model can tell, plainly one by one where it cannot. */
import type { CommitId } from '@swarm/core/model/ids';
import { FIX_TASKS_MAX, type Finding } from '@swarm/core/model/request';
import type { Task } from '@swarm/core/model/task';
import type { TicketResult } from '@swarm/core/ports/models';
import type { RenderedPrompt } from '@swarm/core/ports/world';
import { reservationFor, ticketLimits } from '@swarm/core/rules/budget';
import { findingsToFile, nextGeneration, openFixTasks, suspectsOf } from '@swarm/core/rules/healing';
import { isOneTask } from '@swarm/core/rules/right-size';
import type { State } from '@swarm/core/state';
import type { Context } from '../context.ts';
import { LengthLimit } from '../planning/length.ts';
import { lookAndAnswer } from '../planning/looking.ts';
import { inBlocks } from '../prompting/blocks.ts';
import { toldBy } from '../prompting/conversation.ts';
import { machinery } from '../prompting/facts.ts';
import { Project } from '../prompting/project.ts';
import { type Fix, FixReading } from './fix-reading.ts';

export class FixTasks {
  readonly #context: Context<'clock' | 'log' | 'model' | 'prompts' | 'reader'>;
  readonly #project: Project;
  readonly #length: LengthLimit;

  constructor(context: Context<'clock' | 'log' | 'model' | 'prompts' | 'reader'>) {
    this.#context = context;
    this.#project = new Project(context.ports);
    this.#length = new LengthLimit(context, 'reconciler');
  }

  /** Every finding without a task gets one, at most five open at once; the model groups them by root cause. */
  async file(signal: AbortSignal): Promise<void> {
    const { ask, ports, state } = this.#context;
    const room = FIX_TASKS_MAX - openFixTasks(state);
    const due = findingsToFile(state, ports.clock.now()).slice(0, Math.max(0, room) * 5);
    if (due.length === 0 || room <= 0) return;
    const findings = due.map((s) => state.health.findings.get(s)!.finding);
    const grouped = await this.#groupByCause(findings, room, signal);
    if (!grouped) return;
    const covered = new Set(grouped.flatMap((g) => g.signatures));
    const single = findings.filter((f) => !covered.has(f.signature)).map((f) => plainFix(state, f));
    for (const fix of [...grouped, ...single].slice(0, room)) {
      const { draft, signatures } = verifiedBy(state, fix);
      await ask({
        type: 'acceptTasks',
        drafts: [draft],
        from: { by: 'reconciler', signatures, generation: nextGeneration(state, signatures) },
        eachAlone: true,
      });
    }
  }

  /**
   * The model's grouping, as far as it can be used; what it leaves out is filed plainly, one task a failure.
   * Returns undefined when it was stopped: that says nothing of the model, and nothing is filed.
   */
  async #groupByCause(
    findings: readonly Finding[],
    room: number,
    signal: AbortSignal,
  ): Promise<readonly Fix[] | undefined> {
    const { ports } = this.#context;
    const reading = new FixReading(new Set(findings.map((f) => f.signature)));
    const prompt = () => this.#prompt(findings, room);
    const result = await this.#asked(prompt, findings[0]!.head, reading, signal);
    if (!result) return [];
    if (result.end.kind === 'aborted') return undefined;
    if (result.end.kind !== 'stopped') {
      ports.log.write('model.failed', {
        msg: `the reconciler’s model ended as ${result.end.kind}: each failure it has not spoken of gets a task of its own`,
        level: 'warn',
      });
    }
    return reading.fixes;
  }

  async #prompt(findings: readonly Finding[], room: number): Promise<RenderedPrompt> {
    const { ports, state } = this.#context;
    const values = inBlocks({
      environment: machinery(state),
      project_instructions: await this.#project.instructions(findings[0]!.head, []),
      failures: findings
        .map((f) => `signature: ${f.signature}\n${originText(state, f.signature)}\n${f.detail}`)
        .join('\n\n---\n\n'),
      head: findings[0]!.head,
      open_tasks: [...state.byState.pending, ...state.byState.running]
        .map((id) => `${id} ${state.tasks.get(id)!.spec.title}`)
        .join('\n'),
      max_tasks: String(room),
    });
    return ports.prompts.render('reconciler', values);
  }

  /** Undefined where there is no model, no budget for it, or one task alone that could be to blame. What it used is on record, however it ended. */
  async #asked(
    promptOf: () => Promise<RenderedPrompt>,
    commit: CommitId,
    reader: FixReading,
    signal: AbortSignal,
  ): Promise<TicketResult | undefined> {
    const { ask, ports, state } = this.#context;
    const reserved = reservationFor(state, 'reconciler');
    if (!ports.model || !reserved || isOneTask(state)) return undefined;
    const messages = toldBy(await promptOf());
    const answer = await ask({ type: 'reserveSpend', role: 'reconciler', reserved });
    const event = answer.kind === 'decision' ? answer.events[0] : undefined;
    if (event?.type !== 'spend.reserved') return undefined;
    const ticket = ports.model.as(
      'reconciler',
      ticketLimits(state.run.request.limits, reserved, 'reconciler'),
    );
    const { result, usage } = await lookAndAnswer(this.#context, {
      who: 'reconciler',
      ticket,
      messages,
      reader,
      signal,
      length: this.#length,
      commit: () => commit,
      extend: async () => false,
    });
    await ask({ type: 'recordSpend', slice: event.slice, usage });
    return result;
  }
}

const whatFails = (state: State, { task }: Finding): string =>
  task
    ? `What ${nameOf(state, task)} was verified by when it landed no longer passes. Both it and what landed since are wanted. It fails`
    : 'The checks fail';

/** A fix of what a landed task was verified by is itself verified by that. */
function verifiedBy(state: State, { draft, signatures }: Fix): Fix {
  const tasks = signatures.flatMap((s) => state.health.findings.get(s)?.finding.task ?? []);
  const verify = tasks.length === 1 ? state.tasks.get(tasks[0]!)!.spec.verify : undefined;
  return {
    signatures,
    draft: draft.verify === undefined && verify !== undefined ? { ...draft, verify } : draft,
  };
}

/** A fix task written without a model: the exact failure, and that it must be gone. */
function plainFix(state: State, f: Finding): Fix {
  return {
    signatures: [f.signature],
    draft: {
      label: `fix ${f.signature}`.slice(0, 100),
      title: `Fix: ${f.signature}`.slice(0, 120),
      description: `${whatFails(state, f)} on ${f.head.slice(0, 10)}:\n\n${f.detail}\n\n${originText(state, f.signature)}\n\nMend the cause. Do not weaken, skip or delete the test that shows it.`,
      scope: [],
      acceptance: f.task
        ? `The verification of ${f.task} passes again.`
        : `The checks no longer show: ${f.signature}`,
      priority: 1,
      dependsOn: [],
      kind: 'change',
      requires: [],
    },
  };
}

/** Suspects named one by one. */
const SUSPECTS_SHOWN_MAX = 10;

/** Where a failure comes from, as far as that is known now: nobody is blamed for what the base shows too. */
export function originText(state: State, signature: string): string {
  const culprit = state.health.culprits.get(signature);
  switch (culprit?.kind) {
    case 'landing':
      return `It fails since ${nameOf(state, culprit.task)} landed as ${culprit.commit.slice(0, 10)}.`;
    case 'base':
      return 'It failed on the base already, before anything was changed: no landed task is to blame.';
    case 'others':
      return `It fails since ${culprit.commit.slice(0, 10)}, which somebody else put on the target.`;
    default:
      return suspectsText(state, signature);
  }
}

function suspectsText(state: State, signature: string): string {
  const tasks = suspectsOf(state, signature).flatMap((step) => step.task ?? []);
  if (tasks.length === 0) return 'Where it comes from is not known yet.';
  const shown = tasks.slice(-SUSPECTS_SHOWN_MAX).map((id) => nameOf(state, id));
  const more = tasks.length > shown.length ? ` and ${tasks.length - shown.length} before them` : '';
  return `Which change brought it is not known yet. Landed since it was last seen not to fail: ${shown.join('; ')}${more}.`;
}

const nameOf = (state: State, id: Task['id']): string => `${id} “${state.tasks.get(id)!.spec.title}”`;

/** What is known by now of the failures a fix task is about; empty for any other task, and while nothing is. */
export function originNote(state: State, task: Task): string {
  if (task.source.by !== 'reconciler') return '';
  const known = task.source.signatures.filter((signature) => state.health.culprits.has(signature));
  return known.map((signature) => `${signature}: ${originText(state, signature)}`).join('\n');
}
