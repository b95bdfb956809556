/** From a model's stream to accepted tasks, each the moment its object closes. */
import type { Command } from '@swarm/core/commands';
import type { TaskId } from '@swarm/core/model/ids';
import { PlanScanner } from '@swarm/core/rules/json-scanner';
import type { PlanPiece } from '@swarm/core/rules/plan-pieces';
import { readRequirement } from '@swarm/core/rules/requirement-format';
import { readDraft, type TaskDraft } from '@swarm/core/rules/task-format';
import type { State } from '@swarm/core/state';
import { labelsAt, type Seat } from './seat.ts';

export interface PlanEnd {
  /** `cut`: the stream ended inside an object; `unreadable`: there was no plan in it. */
  readonly outcome: 'whole' | 'cut' | 'unreadable';
  readonly isDone: boolean;
  readonly commands: readonly Command[];
}

/**
 * Reads one answer. A task that names a label not seen yet waits inside until that label comes, so that a model
 * may list a dependant before what it depends on; whatever still waits at the end is given up to the core, which
 * refuses it by name.
 */
export class PlanStream {
  readonly #scanner = new PlanScanner();
  readonly #seat: Seat;
  readonly #iteration: number;
  readonly #state: State;
  #waiting: TaskDraft[] = [];
  readonly #given = new Set<string>();
  /** They may name tasks of the same answer, wherever they stand in it. */
  readonly #requirements: unknown[] = [];
  #isDone = false;

  /** @param waiting what an answer before this one left waiting. */
  constructor(seat: Seat, iteration: number, state: State, waiting: readonly TaskDraft[] = []) {
    this.#seat = seat;
    this.#iteration = iteration;
    this.#state = state;
    this.#waiting = [...waiting];
  }

  /** The answer is not the last one: what still waits may be placed by the next. */
  pause(): PlanEnd & { readonly waiting: readonly TaskDraft[] } {
    const { pieces, outcome } = this.#scanner.end();
    const commands = pieces.flatMap((piece) => this.#commands(piece));
    return {
      outcome,
      isDone: this.#isDone,
      commands: [...commands, ...this.#written()],
      waiting: this.#waiting,
    };
  }

  push(chunk: string): readonly Command[] {
    return this.#scanner.push(chunk).flatMap((piece) => this.#commands(piece));
  }

  /** What still waits, for the core to refuse by name. */
  giveUp(): readonly Command[] {
    const left = this.#waiting.map((draft) => this.#accept(draft));
    this.#waiting = [];
    return left;
  }

  end(): PlanEnd {
    const { outcome, isDone, commands } = this.pause();
    return { outcome, isDone, commands: [...commands, ...this.giveUp()] };
  }

  #commands(piece: PlanPiece): readonly Command[] {
    switch (piece.kind) {
      case 'task':
        return this.#task(piece.value);
      case 'cancel':
        return piece.labels.map((label) => ({
          type: 'cancelLabel',
          label,
          reason: 'the planner no longer wants it',
          ...(this.#seat.owner !== undefined && { owner: this.#seat.owner }),
        }));
      case 'scratchpad':
        return [
          { type: 'writeScratchpad', iteration: this.#iteration, text: piece.text.slice(0, SCRATCHPAD_MAX) },
        ];
      case 'requirements':
        // What is asked for is the whole run's: who splits one task has none to keep.
        if (this.#seat.owner === undefined) this.#requirements.push(...piece.values);
        return [];
      case 'done':
        this.#isDone = piece.value;
        return [];
      case 'broken':
        return [
          { type: 'refuseTask', label: '(unreadable)', problem: piece.why, iteration: this.#iteration },
        ];
    }
  }

  #written(): readonly Command[] {
    const read = this.#requirements.splice(0).map(readRequirement);
    const drafts = read.flatMap((one) => (one.ok ? [one.draft] : []));
    return [
      ...read.flatMap((one): Command[] =>
        one.ok ? [] : [{ type: 'refuseTask', label: `requirement ${one.id}`, problem: one.problem }],
      ),
      ...(drafts.length === 0
        ? []
        : [{ type: 'writeRequirements' as const, iteration: this.#iteration, drafts }]),
    ];
  }

  #task(value: unknown): readonly Command[] {
    const reading = readDraft(value);
    if (!reading.ok) {
      const problem = reading.problems.map((p) => `${p.path} ${p.why}`).join('; ');
      return [{ type: 'refuseTask', label: reading.label, problem, iteration: this.#iteration }];
    }
    if (!this.#isPlaceable(reading.draft)) {
      this.#waiting.push(reading.draft);
      return [];
    }
    return [this.#accept(reading.draft), ...this.#release()];
  }

  /** Those that waited for what has just come, and those that waited for them. */
  #release(): Command[] {
    const commands: Command[] = [];
    for (
      let i = this.#waiting.findIndex((d) => this.#isPlaceable(d));
      i >= 0;
      i = this.#waiting.findIndex((d) => this.#isPlaceable(d))
    ) {
      commands.push(this.#accept(this.#waiting.splice(i, 1)[0]!));
    }
    return commands;
  }

  #isPlaceable(draft: TaskDraft): boolean {
    const labels = labelsAt(this.#state, this.#seat);
    return draft.dependsOn.every(
      (label) => this.#given.has(label) || labels.has(label) || this.#state.tasks.has(label as TaskId),
    );
  }

  #accept(draft: TaskDraft): Command {
    this.#given.add(draft.label);
    return {
      type: 'acceptTasks',
      drafts: [draft],
      from: this.#seat.from(this.#iteration),
      eachAlone: true,
    };
  }
}

/** Characters of scratchpad kept. */
const SCRATCHPAD_MAX = 32_000;
