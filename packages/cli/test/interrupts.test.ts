/** Ctrl-C in the parts of a run that are not agents. `acceptance/interrupts.ts` does it at thirty moments. */
import { test } from 'node:test';
import { interrupted } from './support/interrupts.ts';

for (const [part, said] of [
  ['during setup, whose children get the signal too', /setup: sleep/],
  ['while an agent works', /t1\.1 started/],
  ['after a landing', /landed t/],
] as const) {
  test(`Ctrl-C ${part} is no fault: the run is saved, and resume lands the rest once`, async (t) => {
    await interrupted(t, said);
  });
}
