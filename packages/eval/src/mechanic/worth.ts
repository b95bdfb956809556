/**
 * What a fleet is worth on one request: the same package with the same planted faults, mended by the mechanic with one
 * worker, with several, and by one worker alone without a planner.
 */
import { played } from '../world.ts';
import { plant } from './package.ts';
import { brain, CONFIG, GATE, hiddenPassed } from './trial.ts';

export interface Worth {
  readonly how: string;
  /** The run closed as complete, and its head is green. */
  readonly isGreen: boolean;
  /** Hidden tests that pass on what landed, of those the faults broke. */
  readonly passed: number;
  readonly hidden: number;
  readonly tasks: number;
  readonly landed: number;
  readonly attempts: number;
  /** Of the run, from its opening to its end. */
  readonly wallMs: number;
  readonly tokens: number;
}

export const WAYS: Readonly<Record<string, readonly string[]>> = {
  '1 worker': ['--workers', '1'],
  '4 workers': ['--workers', '4'],
  solo: ['--solo'],
};

interface Ask {
  readonly package: string;
  readonly seed: number;
}

export async function worthOf(ask: Ask, how: string): Promise<Worth> {
  const planted = await plant(ask.package, ask.seed);
  const args = ['run', 'Mend the tests', ...WAYS[how]!, '--gate', GATE, '--setup', 'none', '--trust-repo'];
  const setting = {
    files: planted.files,
    args,
    brain: (call: Parameters<typeof brain>[0]) => brain(call, planted),
    config: CONFIG,
  };
  return played(setting, async ({ world }) => {
    const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
    const passed = await hiddenPassed(world, ask);
    return {
      how,
      isGreen: report.verdict === 'complete' && report.green === true,
      passed: planted.hidden.filter((name) => passed.includes(name)).length,
      hidden: planted.hidden.length,
      tasks: report.list.length,
      landed: report.landed,
      attempts: report.attempts,
      wallMs: report.activeMs,
      tokens: report.tokens,
    };
  });
}
