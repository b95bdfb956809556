/** What a test has from its runner and a script has not: somebody who cleans up, in reverse order. */
import type { Owner } from '../support/world.ts';

export async function asScript(work: (owner: Owner) => Promise<void>): Promise<void> {
  const steps: (() => Promise<void>)[] = [];
  try {
    await work({ after: (step) => void steps.push(step) });
  } finally {
    for (const step of steps.reverse()) await step();
  }
}
