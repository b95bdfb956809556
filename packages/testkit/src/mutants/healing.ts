/** Checks, culprits, undo. */
import { core, type MutantTable, orchestrator } from './mutant.ts';

export const HEALING_MUTANTS: MutantTable = {
  'culprit-wrong': {
    means: 'the search for a culprit takes the wrong half',
    focus: ['checks', 'human', 'breaks'],
    patches: [orchestrator('if (shows) bad = at; else good = at;', 'if (!shows) bad = at; else good = at;')],
  },
  'culprit-never-tested': {
    means: 'the last to land is blamed',
    focus: ['checks', 'human', 'breaks'],
    patches: [
      orchestrator(
        'for (let at = nextProbe(good, bad); at !== undefined; at = nextProbe(good, bad)) {',
        'for (let at = nextProbe(good, bad); at !== undefined && good > 1_000; at = nextProbe(good, bad)) {',
      ),
    ],
  },
  'findings-never-close': {
    means: 'a failure the checks no longer show stays on record',
    patches: [
      core(
        'if (finding.task === undefined && !seen.has(signature))',
        'if (finding.task === undefined && !seen.has(signature) && !s)',
      ),
    ],
  },
  'verified-once': {
    means: 'what a task was verified by when it landed is never tried again',
    patches: [
      core(
        'if (s.cancelled !== undefined || s.closed) return []; const isIdle',
        'if (s) return []; const isIdle',
      ),
      core('return tried?.isPassed === true && tried.head === s.head;', 'return tried?.isPassed === true;'),
    ],
  },
  'unfinished-checks-cure': {
    means: 'checks that did not come to an end count as proof that a failure is gone',
    patches: [core("if (c.result.outcome !== 'passed' && c.result.outcome !== 'failed') return events;", '')],
  },
  'undo-leaves-dependents': {
    means: 'a landing is taken back from under others that stand on it',
    patches: [
      core(
        'if (dependents.length > 0 && !ask.withDependents) {',
        'if (dependents.length > 1_000_000 && !ask.withDependents) {',
      ),
      core('const all = new Set([what, ...dependents]);', 'const all = new Set([what]);'),
      core('if (left.length > 0) return refuse', 'if (left.length > 1_000_000) return refuse'),
    ],
  },
  'undo-ungated': {
    means: 'a revert is published whatever the gate says of it',
    patches: [
      orchestrator('if (why) return this.#refuse(ask, members, why, gate.output);', ''),
      core(
        "if (!mayLand && !isUngatedRun) return refuse('ungated', 'the revert",
        "if (!mayLand && !isUngatedRun && !s) return refuse('ungated', 'the revert",
      ),
    ],
  },
  'undo-on-a-stale-head': {
    means: 'a revert is built on a head the journal does not know',
    patches: [orchestrator('if (!onto || onto !== state.head) {', 'if (!onto) {')],
    redundant:
      'the core records no pass on another head than the present (undo.ts, stale-parent), and the undo looks again',
  },
  'undone-stays-landed': {
    means: 'an undo is published and not recorded',
    patches: [
      orchestrator(
        "const answer = await this.#context.ask({ type: 'undoLanding', tasks, commit, by: ask.by });",
        "const answer = { kind: 'decision' as string };",
      ),
    ],
  },
  'undo-without-looking': {
    means: 'an undo does not look at the target first',
    patches: [orchestrator('await this.#look(); const found', 'const found')],
  },
};
