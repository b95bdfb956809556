import type { ToolSpec } from '@swarm/core/ports/models';
import type { ToolOutcome } from './tool.ts';

/** Tools that are somebody else's: they check their own arguments, and are called by their exact names. */
export interface MoreTools {
  readonly specs: readonly ToolSpec[];
  /** Never rejects. @param args a JSON object. */
  run(tool: string, args: string, signal: AbortSignal): Promise<ToolOutcome>;
}
