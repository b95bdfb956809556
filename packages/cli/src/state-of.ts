import { emptyState, fold, type State } from '@swarm/core';
import { readJournal } from '@swarm/journal';
import type { RunPaths } from './paths.ts';

/** A run's state from its journal alone, live or not; nothing is locked, cut or written. */
export async function stateOf(paths: RunPaths): Promise<State> {
  const { entries } = await readJournal(paths.journal);
  const state = emptyState();
  for (const entry of entries) fold(state, entry);
  return state;
}
