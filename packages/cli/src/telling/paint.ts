/** What stands out: what landed, what failed. */
import { isSatisfied, type TaskStateName } from '@swarm/core/model/task';
import type { ChalkInstance } from 'chalk';

export function paintState(state: TaskStateName, ink: ChalkInstance): (text: string) => string {
  if (isSatisfied(state)) return ink.green;
  if (state === 'failed') return ink.red;
  return state === 'cancelled' ? ink.yellow : (text) => text;
}
