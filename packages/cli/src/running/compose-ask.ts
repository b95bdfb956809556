import type { LogLine } from '@swarm/core/log-events';
import type { AgainCommand, Approve } from '@swarm/orchestrator';
import type { Environment, RepositoryPaths, RunPaths } from '../finding/paths.ts';
import type { ProgramPlaces } from '../places.ts';
import type { Opening } from '../preparing/opening.ts';
import type { RunFile } from './run-file.ts';

/** What a run is composed from. */
export interface ComposeAsk {
  readonly file: RunFile;
  readonly repository: RepositoryPaths;
  readonly paths: RunPaths;
  readonly env: Environment;
  readonly places: ProgramPlaces;
  /** Present when the run is new. */
  readonly opening?: Opening;
  /** What the operator wants besides, of a run that is taken up again. */
  readonly again?: readonly AgainCommand[];
  readonly onLine: (line: LogLine) => void;
  /** Present when the first plan waits for a person. */
  readonly approve?: Approve;
}
