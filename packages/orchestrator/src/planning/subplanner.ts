/**
 * The planners of tasks that are split: each is a planner with a seat of its own, and keeps its conversation from one of
 * its iterations to the next. After a crash it begins anew from what is on disk: its parts, its news and its scratchpad.
 */
import type { TaskId } from '@swarm/core/model/ids';
import { liveIterations } from '@swarm/core/state';
import type { Context } from '../context.ts';
import { Planner } from './planner.ts';
import { seatOf } from './seat.ts';

/** Effects of planners of split tasks have names that begin so. */
export const SUBPLANNER = 'subplanner-';

export interface SubplanWork {
  /** Of the effect. */
  readonly name: string;
  readonly owner: TaskId;
  readonly iteration: number;
  /** Its task is not split any more: what it still says is not wanted. */
  readonly isUnwanted: boolean;
}

export class Subplanners {
  readonly #context: Context<'files' | 'log' | 'model' | 'prompts' | 'reader'>;
  /** Of tasks that are split now. */
  readonly #planners = new Map<TaskId, Planner>();

  constructor(context: Context<'files' | 'log' | 'model' | 'prompts' | 'reader'>) {
    this.#context = context;
  }

  /** The live iterations of planners of tasks. */
  work(): readonly SubplanWork[] {
    const { state } = this.#context;
    return liveIterations(state).flatMap(({ owner, iteration }) => {
      if (owner === undefined) return [];
      const isUnwanted = state.tasks.get(owner)?.state !== 'expanded';
      return [{ name: `${SUBPLANNER}${owner}`, owner, iteration, isUnwanted }];
    });
  }

  /** Runs one iteration to its end. */
  async iterate({ owner, iteration }: SubplanWork, signal: AbortSignal): Promise<void> {
    this.#forget();
    const planner = this.#planners.get(owner) ?? new Planner(this.#context, seatOf(owner));
    this.#planners.set(owner, planner);
    await planner.iterate(iteration, signal);
  }

  /** A conversation is of no use once its task is not split any more; whoever is split again begins one. */
  #forget(): void {
    const { tasks } = this.#context.state;
    for (const owner of this.#planners.keys())
      if (tasks.get(owner)?.state !== 'expanded') this.#planners.delete(owner);
  }
}
