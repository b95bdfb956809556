/** Names of a stack's branches: a folder beside the run's own, for git lets no branch lie below another. */
import type { RunId, TaskId } from '../model/ids.ts';

export const stackPrefix = (run: RunId): string => `swarm-stack/${run}/`;
export const stackBranch = (run: RunId, task: TaskId): string => `${stackPrefix(run)}${task}`;
