/** One habit of a provider, as a server that has it, and what the real program makes of it. */
import type { Habit } from '../server/habit.ts';
import { landedBy, played } from '../world.ts';
import { bicycle, FILES, PARTS, titleOf } from './bicycle.ts';

export interface Quirk {
  readonly name: string;
  /** Whose habit it is. */
  readonly seen: string;
  /** One for each run: a habit may remember. */
  readonly habit: () => Habit;
  /** The operator's configuration that brings it out, where our own would not. */
  readonly config?: string;
  /** What the program has to say of it, on stderr. */
  readonly told?: RegExp;
  /** It takes minutes: the short form leaves it out. */
  readonly isSlow?: true;
  /** It refuses what the program never sends: then this is such a request, and a test sees it refused. */
  readonly control?: string;
}

/** Calls beside the plain server's that a habit may cost. */
export const EXTRA_MAX = 2;

export interface QuirkResult {
  readonly name: string;
  readonly landed: boolean;
  readonly calls: number;
  readonly refusals: number;
  /** The last refusal, or the program's own last words, where it did not land. */
  readonly why: string;
}

const ARGS = ['run', 'Build a bicycle', '--workers', '1', '--gate', 'sh check.sh', '--setup', 'none'];

export function tryQuirk({ name, habit, config, told }: Quirk): Promise<QuirkResult> {
  const setting = { files: FILES, args: ARGS, brain: bicycle, habit: habit(), config };
  return played(setting, async ({ world, server, ...ended }) => {
    const subjects = await landedBy(world);
    const titles = subjects.filter((subject) => subject.startsWith('Add '));
    const isTold = told?.test(ended.stderr) ?? true;
    const landed = ended.code === 0 && isTold && `${titles.sort()}` === `${PARTS.map(titleOf).sort()}`;
    return {
      name,
      landed,
      calls: server.asks.length,
      refusals: server.refused.length,
      why: landed ? '' : `${JSON.stringify(server.refused.at(-1) ?? '')} ${ended.stderr.slice(-1_500)}`,
    };
  });
}

/** What is wrong with the result; undefined: nothing. */
export function faultOf(quirk: Quirk, result: QuirkResult, plain: QuirkResult): string | undefined {
  if (!result.landed) return `not landed: ${result.why}`;
  const extra = result.calls - plain.calls;
  if (extra > EXTRA_MAX) return `${extra} extra calls`;
  const isSilent = quirk.habit().refuse && quirk.control === undefined && result.refusals === 0;
  return isSilent ? 'it refused nothing: the habit did not show' : undefined;
}
