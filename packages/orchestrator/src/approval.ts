/**
 * A first plan that starts nothing before a person has said yes: its tasks are held as the planner gives them, shown
 * when its answer has ended, and accepted in one entry. Plans after the first go ahead.
 */
import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { TaskDraft } from '@swarm/core/rules/task-format';

/** `isEdited`: the drafts are a person's own text, right as a whole or wrong as a whole. */
export type Verdict =
  | { readonly kind: 'yes'; readonly drafts: readonly TaskDraft[]; readonly isEdited: boolean }
  | { readonly kind: 'no' };

/**
 * Shows a plan and waits for a person.
 * @param problem why what they said last could not be accepted.
 * @param signal settles the promise soon after it fires, with whatever verdict: it is not looked at.
 */
export type Approve = (
  drafts: readonly TaskDraft[],
  how: { readonly problem?: string; readonly signal: AbortSignal },
) => Promise<Verdict>;

type Ask = (command: Command) => Promise<Decision | Refusal>;
type WriteRequirements = Extract<Command, { type: 'writeRequirements' }>;
type EndIteration = Extract<Command, { type: 'endIteration' }>;

const HELD: Decision = { kind: 'decision', events: [] };

/** Stands between the planner and the loop until there is a verdict; every other command goes through. */
export class Approval {
  readonly #approve: Approve;
  readonly #ask: Ask;
  readonly #abandoned = new AbortController();
  #held: TaskDraft[] = [];
  /** They name tasks that are held. */
  #written: WriteRequirements[] = [];
  /** The iteration whose tasks are held. */
  #iteration: number | undefined;
  #isGiven = false;

  constructor(approve: Approve, ask: Ask) {
    this.#approve = approve;
    this.#ask = ask;
  }

  /** The run is left: nobody is asked any more, and the plan is lost like any answer that was cut off. */
  abandon(): void {
    this.#abandoned.abort();
  }

  pass(command: Command): Promise<Decision | Refusal> {
    if (this.#isGiven) return this.#ask(command);
    switch (command.type) {
      case 'acceptTasks':
        return command.from.by === 'planner'
          ? this.#hold(command.drafts, command.from.iteration)
          : this.#ask(command);
      case 'cancelLabel':
        if (command.owner === undefined)
          this.#held = this.#held.filter((draft) => draft.label !== command.label);
        return this.#ask(command);
      case 'writeRequirements':
        return this.#held.length > 0 ? this.#holdWritten(command) : this.#ask(command);
      case 'endIteration':
        return this.#held.length > 0 && command.iteration === this.#iteration
          ? this.#settle(command)
          : this.#ask(command);
      default:
        return this.#ask(command);
    }
  }

  #hold(drafts: readonly TaskDraft[], iteration: number): Promise<Decision> {
    this.#iteration = iteration;
    this.#held.push(...drafts);
    return Promise.resolve(HELD);
  }

  #holdWritten(command: WriteRequirements): Promise<Decision> {
    this.#written.push(command);
    return Promise.resolve(HELD);
  }

  async #settle(end: EndIteration): Promise<Decision | Refusal> {
    const settled = await this.#untilSettled(end.iteration);
    this.#held = [];
    const written = this.#written.splice(0);
    for (const command of settled === 'yes' ? written : []) await this.#ask(command);
    if (settled) return this.#ask(end);
    const detail = 'the run was left before the plan was approved';
    return this.#ask({ ...end, outcome: 'lost', isDone: false, detail });
  }

  /** The verdict, once it has been taken; undefined when the run was left first. */
  async #untilSettled(iteration: number): Promise<Verdict['kind'] | undefined> {
    const { signal } = this.#abandoned;
    for (let drafts: readonly TaskDraft[] = this.#held, problem: string | undefined; ; ) {
      const verdict = signal.aborted
        ? undefined
        : await this.#approve(drafts, { signal, ...(problem !== undefined && { problem }) });
      if (!verdict || signal.aborted) return undefined;
      const answer = await this.#ask(commandOf(verdict, iteration));
      if (answer.kind === 'decision') {
        this.#isGiven = true;
        return verdict.kind;
      }
      problem = answer.detail;
      if (verdict.kind === 'yes') drafts = verdict.drafts;
    }
  }
}

function commandOf(verdict: Verdict, iteration: number): Command {
  if (verdict.kind === 'no') return { type: 'cancelRun', reason: 'the plan was not approved' };
  const { drafts, isEdited } = verdict;
  return { type: 'acceptTasks', drafts, from: { by: 'planner', iteration }, eachAlone: !isEdited };
}
