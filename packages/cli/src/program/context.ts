import type { Environment } from '../finding/paths.ts';
import type { Output } from '../telling/output.ts';

/** What the outside world gives a command; only main.ts reads it from the process. */
export interface Context {
  readonly cwd: string;
  readonly env: Environment;
  readonly output: Output;
  readonly isDebug: boolean;
}
