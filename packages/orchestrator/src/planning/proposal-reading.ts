/** Reads how a planner would change its plan. Nothing of it is asked of the core: a person is shown it first. */
import type { Command } from '@swarm/core/commands';
import { AMENDED_MAX, type AmendedPlan } from '@swarm/core/model/amended-plan';
import type { TicketResult } from '@swarm/core/ports/models';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { State } from '@swarm/core/state';
import { UNREADABLE } from './ask-again.ts';
import type { Reader } from './looking.ts';
import { type PlanEnd, PlanStream } from './plan-stream.ts';
import { RUN_SEAT } from './seat.ts';

export class ProposalReading implements Reader {
  readonly #state: State;
  readonly #drafts = new Map<string, TaskDraft>();
  readonly #cancel = new Set<string>();
  #stream: PlanStream;
  #waiting: readonly TaskDraft[] = [];
  #isAskedAgain = false;
  #isDone = false;
  outcome: PlanEnd['outcome'] = 'unreadable';
  /** Tasks that cannot be read, each with why. */
  readonly unread: { readonly label: string; readonly problem: string }[] = [];

  constructor(state: State) {
    this.#state = state;
    this.#stream = new PlanStream(RUN_SEAT, 0, state);
  }

  get plan(): AmendedPlan {
    const drafts = [...this.#drafts.values()].slice(0, AMENDED_MAX);
    return { drafts, cancel: [...this.#cancel].slice(0, AMENDED_MAX), isDone: this.#isDone };
  }

  begin(): (piece: string) => void {
    this.#stream = new PlanStream(RUN_SEAT, 0, this.#state, this.#waiting);
    return (piece) => this.#take(this.#stream.push(piece));
  }

  async beside(): Promise<string> {
    this.#pause();
    return '';
  }

  async end({ end }: TicketResult, isLast: boolean): Promise<string | undefined> {
    this.#pause();
    if (this.outcome === 'unreadable' && end.kind === 'stopped' && !isLast && !this.#isAskedAgain) {
      this.#isAskedAgain = true;
      return UNREADABLE;
    }
    this.#take(this.#stream.giveUp());
    return undefined;
  }

  #pause(): void {
    const { outcome, isDone, commands, waiting } = this.#stream.pause();
    this.outcome = outcome;
    this.#isDone = isDone;
    this.#waiting = waiting;
    this.#take(commands);
  }

  #take(commands: readonly Command[]): void {
    for (const command of commands) {
      if (command.type === 'acceptTasks')
        for (const draft of command.drafts) this.#drafts.set(draft.label, draft);
      else if (command.type === 'cancelLabel') this.#cancel.add(command.label);
      else if (command.type === 'refuseTask')
        this.unread.push({ label: command.label, problem: command.problem });
    }
  }
}
