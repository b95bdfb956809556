/** The merge queue, the gate, publication. */
import { core, type MutantTable, orchestrator } from './mutant.ts';

const REJECT_EACH = `
  if (second) {
    await this.#drop(id, 'bisect');
    for (const member of members)
      await this.#context.ask({ type: 'rejectHandoff', attempt: member.attempt, reason, detail: '', files: [] });
    return;
  }`;

export const LANDING_MUTANTS: MutantTable = {
  'innocents-rejected': {
    means: 'a batch that fails is rejected with all its members, the innocent too',
    tests: ['orchestrator/src/landing/publish.test.ts'],
    patches: [
      orchestrator("if (second) return this.#drop(id, 'bisect');", REJECT_EACH),
      core(
        'const doubt = BY_GATE.has(c.reason) ? whyNotGuilty(s, c) : undefined;',
        'const doubt = undefined;',
      ),
    ],
  },
  'first-of-a-batch-rejected': {
    means: 'of a batch that fails the first is rejected, guilty or not',
    tests: ['orchestrator/src/landing/publish.test.ts'],
    patches: [
      orchestrator("if (second) return this.#drop(id, 'bisect');", 'if (second && !id) return;'),
      core(
        "if (members.length > 1) return refuse('illegal-move',",
        "if (members.length > 1_000) return refuse('illegal-move',",
      ),
    ],
  },
  'no-compare-and-swap': {
    means: 'a candidate that lost its race is published on the new head all the same',
    patches: [
      orchestrator(
        "case 'moved': return this.#dropAll(ids, 'target-moved');",
        "case 'moved': await publish(this.#context, { landings: ids }, { ...candidate, parent: outcome.head }); return this.#record(ids);",
      ),
    ],
  },
  'unknown-is-landed': {
    means: 'a publication nobody heard of is recorded as landed',
    patches: [orchestrator("await this.#dropAll(ids, 'publish-unknown');", 'await this.#record(ids);')],
  },
  'landed-asked-of-the-journal': {
    means: 'whether something has landed is asked of the journal, not of git',
    patches: [
      orchestrator(
        'const landed = await ports.hub.landedSince(request.base, head);',
        'const landed: Awaited<ReturnType<typeof ports.hub.landedSince>> = [];',
      ),
    ],
  },
  'undo-asked-of-the-journal': {
    means: 'whether a landing was taken back is asked of the journal, not of git',
    patches: [
      orchestrator(
        'const undone = await ports.hub.undoneSince(request.base, head);',
        'const undone: Awaited<ReturnType<typeof ports.hub.undoneSince>> = [];',
      ),
    ],
  },
  'pass-keyed-by-nothing': {
    means: 'a pass of the gate counts for every tree',
    tests: ['core/src/fold.test.ts'],
    patches: [
      core(
        'passKey = (gate: string, tree: string): string =>',
        'passKey = (gate: string, tree: string): string => tree.length > 1 ? gate :',
      ),
    ],
  },
  'any-failure-is-no-worse': {
    means: 'any failure of the gate counts as no worse than before',
    patches: [
      core(
        'if (result.isTold !== true || result.signatures.length === 0) return false; if (newFailures(result, before).length > 0) return false;',
        'if (before?.durationMs === -1) return newFailures(result, before).length === 0;',
      ),
    ],
  },
  ungated: {
    means: 'a candidate lands whatever its gate says',
    patches: [
      core(
        "const mayLand = verdict === 'passed' || (verdict === 'no-worse' && isNoWorse(l.gate!, s.headGate));",
        "const mayLand = verdict !== 'none' && isNoWorse !== undefined;",
      ),
      orchestrator(
        "case 'weakened': return this.#refuse(landing, 'tests-weakened'); case 'failed': return this.#refuse(landing, 'gate-failed');",
        "case 'weakened': case 'failed': return this.#publish([landing]);",
      ),
    ],
  },
  'retried-for-ever': {
    means: 'a gate that fails is tried again until it passes',
    tests: ['orchestrator/src/landing/gate.test.ts'],
    patches: [
      orchestrator(
        "if (verdict.outcome === 'failed' && tries < retries) continue;",
        "if (verdict.outcome === 'failed' && tries + retries >= 0) continue;",
      ),
    ],
  },
  'cancelled-lands': {
    means: 'what was cancelled while it was tested is published',
    tests: ['core/src/wanted.test.ts'],
    patches: [
      core(
        'l.members.some((m) => !s.queue.has(m.attempt) && s.tasks.get(m.task)!.state',
        'l.members.some((m) => !s.attempts.has(m.attempt) && s.tasks.get(m.task)!.state',
      ),
    ],
  },
  'published-on-a-stale-head': {
    means: 'a candidate is published though the target moved since it was built',
    patches: [
      orchestrator(
        'return candidate.parent === state.head ? this.#publish([landing])',
        'return candidate.parent !== undefined ? this.#publish([landing])',
      ),
    ],
    redundant: 'compare-and-swap: the target refuses any candidate whose parent it is not at',
  },
  'collateral-unchecked': {
    means: 'paths a merge would change and the branch did not are not looked for',
    patches: [
      orchestrator(
        'if (foreign.length > 0) return collateral(foreign);',
        'if (foreign.length > 1_000_000) return collateral(foreign);',
      ),
    ],
  },
  'ungrounded-work': {
    means: 'an attempt goes on from work whose base somebody took off the target',
    focus: ['rewrites', 'agent'],
    patches: [
      orchestrator(
        'for (const base of bases) if (!(await ports.hub.isAncestor(base, attempt.base))) return false;',
        '',
      ),
    ],
  },
  'protected-let-through': {
    means: 'a change of protected files is not held back',
    patches: [
      orchestrator(
        'if (held.length === 0) return undefined;',
        'if (held.length < 1_000_000) return undefined;',
      ),
    ],
  },
  'conflict-with-the-batch-rejected': {
    means: 'what conflicts with others of its batch is rejected as if it conflicted with the target',
    patches: [
      orchestrator(
        'const onHead = onto === head ? built : await this.#build(task, attempt, head, isBatch);',
        'const onHead = built;',
      ),
    ],
  },
  'own-conflict-kept': {
    means: 'what does not merge with the target is not rejected and keeps its place',
    patches: [orchestrator("if ('reason' in onHead) await this.#reject(attempt, onHead);", '')],
  },
  'aborted-gate-is-a-failure': {
    means: 'a gate that was stopped counts as one that failed',
    patches: [
      orchestrator("if (ran.end === 'aborted') return { kind: 'aborted' }; if (result", 'if (result'),
    ],
  },
  'lost-work-counts': {
    means: 'a handoff whose commit the hub lost costs its task an attempt',
    tests: ['core/src/rules/policy.test.ts'],
    patches: [core("'work-lost': { counts: false", "'work-lost': { counts: true")],
  },
  'batch-head-unread': {
    means: 'a landing found on the target leaves the head where it was',
    focus: ['publish'],
    tests: ['core/src/fold.test.ts', 'core/src/sweep.test.ts'],
    patches: [
      core(
        'if (s.head !== to) step(s, to, undefined); s.head = to;',
        'if (s.head !== to) step(s, to, undefined);',
      ),
    ],
  },
  'lost-landing-stays-landed': {
    means: 'a landing that somebody took off the target stays landed',
    patches: [
      core(
        'const lost = [...s.byState.landed].filter((id) => !onTarget.has(id));',
        'const lost = [...s.byState.landed].filter((id) => !onTarget.has(id) && !s.tasks.has(id));',
      ),
    ],
  },
};
