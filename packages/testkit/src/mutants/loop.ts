/** The loop, the journal, stops and pauses, the budget. */
import { core, type MutantTable, orchestrator } from './mutant.ts';

export const LOOP_MUTANTS: MutantTable = {
  'answers-before-the-disk': {
    means: 'whoever asks is answered before the disk has the decision',
    tests: ['orchestrator/src/run.test.ts'],
    patches: [
      orchestrator(
        'await this.#applier.flush(); for (const answer of answers) answer();',
        'for (const answer of answers) answer(); await this.#applier.flush();',
      ),
    ],
  },
  'state-before-the-disk': {
    means: 'effects are shown what was decided before it is on disk',
    focus: ['gate', 'slow'],
    patches: [
      orchestrator(
        'if (isOpened(this.#state)) return this.#state as OnDisk;',
        'if (isOpened(this.deciding)) return this.deciding as OnDisk;',
      ),
    ],
  },
  'folded-before-the-disk': {
    means: 'what is written is shown to effects while the disk is still at it',
    patches: [
      orchestrator(
        'await this.#ask.journal.journal.append(entries); for (const entry of entries) { fold(this.#state, entry);',
        'for (const entry of entries) fold(this.#state, entry); await this.#ask.journal.journal.append(entries); for (const entry of entries) {',
      ),
    ],
  },
  'plan-apart': {
    means: 'a run opens in one entry and its plan follows in others',
    tests: ['orchestrator/src/run.test.ts'],
    patches: [
      orchestrator(
        "this.#must(this.#applier.open([first, ...this.#given()]), 'SW0202');",
        "this.#must(this.#applier.open([first]), 'SW0202'); await this.#applier.flush(); for (const each of this.#given()) this.#must(this.#applier.decide(each), 'SW0202');",
      ),
    ],
  },
  'pause-ignored': {
    means: 'attempts start and the planner is asked while the run is paused',
    tests: ['core/src/decisions/attempts.test.ts', 'core/src/decisions/run.test.ts'],
    patches: [
      core('const isHalted = s.paused !== undefined || s.spending', 'const isHalted = s.spending'),
      core(
        "if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now'); if (t.state",
        "if (s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now'); if (t.state",
      ),
      core(
        "if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now'); if (!covers(remainingFor(s, owner",
        "if (s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now'); if (!covers(remainingFor(s, owner",
      ),
    ],
  },
  'pause-forgotten': {
    means: 'a resumed run forgets the pause a person asked for',
    patches: [
      orchestrator(
        "if (this.state.paused && this.state.paused.reason !== 'operator')",
        'if (this.state.paused)',
      ),
    ],
  },
  'pause-for-ever': {
    means: 'a run paused for its endpoints does not go on when they answer',
    patches: [orchestrator("await ask({ type: 'continue', by: 'itself' });", '')],
  },
  'stop-causes-mixed': {
    means: 'what a stop ends is recorded as cancelled, and what is cancelled as stopped',
    tests: ['orchestrator/src/working/worker.test.ts'],
    patches: [
      orchestrator(
        "case 'drained': return { reason: 'drained'",
        "case 'cancelled': return { reason: 'drained'",
      ),
    ],
  },
  'starts-while-leaving': {
    means: 'a run that is being left goes on starting attempts',
    patches: [orchestrator('if (this.#leaving) return; const isIdle', 'const isIdle')],
  },
  'budget-unchecked': {
    means: 'an attempt is given its full share, whatever is left of the budget',
    patches: [
      core(
        'wanted.tokens <= left.tokens && wanted.usd <= left.usd',
        'wanted.tokens >= 0 && left.tokens <= Infinity',
      ),
      core(
        'return Math.min(left, most, Math.max(floor, left / Math.max(1, workers)));',
        'return Math.min(most, 1e9);',
      ),
      core('if (left < floor) return undefined;', ''),
    ],
  },
  'budget-never-reached': {
    means: 'nobody says that the budget is used up',
    patches: [
      core(
        "if (left.tokens < TOKENS_FLOOR) return 'tokens'; if (left.usd < USD_FLOOR) return 'usd'; return isRoleSpent(state, 'worker') ? spentDimension(state) : undefined;",
        'return left.usd < -1e12 ? spentDimension(state) : undefined;',
      ),
    ],
  },
  'usage-lost': {
    means: 'what an attempt used is not added to what was spent',
    tests: ['core/src/fold.test.ts'],
    patches: [
      core(
        "settle(s, 'worker', a.reserved, e.reason === 'lost'); addSpent(s, 'worker', e.usage);",
        "settle(s, 'worker', a.reserved, e.reason === 'lost'); addSpent(s, 'worker', { ...e.usage, inputTokens: 0, outputTokens: 0, costUsd: 0 });",
      ),
    ],
  },
  'reservation-kept': {
    means: 'what was set aside for an attempt is never given back',
    tests: ['core/src/fold.test.ts'],
    patches: [
      core(
        's.spending.reserved = isEmpty ? NO_RESERVATION : less(reserved, r);',
        's.spending.reserved = isEmpty && r.tokens < -1 ? NO_RESERVATION : reserved;',
      ),
    ],
  },
  'lost-is-free': {
    means: 'what a crash took away while it was spending counts as nothing',
    tests: ['core/src/fold.test.ts'],
    patches: [core('s.spending.lost = sum(lost, r);', 's.spending.lost = lost;')],
  },
  'one-worker-more': {
    means: 'one attempt more runs than there are workers',
    patches: [
      core(
        'Math.max(0, s.workers - s.liveAttempts.size)',
        'Math.max(0, s.workers + 1 - s.liveAttempts.size)',
      ),
      core(
        'if (s.liveAttempts.size >= s.workers) return refuse',
        'if (s.liveAttempts.size > s.workers) return refuse',
      ),
    ],
  },
  'above-the-operator': {
    means: 'a run gives itself more workers than the operator did',
    tests: ['core/src/decisions/run.test.ts'],
    patches: [
      core('if (workers >= flow.ceiling || flow', 'if (workers >= 1_000 || flow'),
      core(
        "if (c.by === 'itself' && c.workers > s.flow.ceiling)",
        "if (c.by === 'itself' && c.workers > 1_000)",
      ),
    ],
  },
  'planner-without-end': {
    means: 'a planner that goes on calling tools is let go on, whatever is left of its ticket',
    focus: ['planner', 'rude'],
    patches: [
      orchestrator(
        'const isLast = round >= TOOL_ROUNDS_MAX || isTight;',
        'const isLast = round >= TOOL_ROUNDS_MAX * 1_000 && isTight;',
      ),
    ],
  },
  'setup-of-the-first-asker': {
    means: 'a setup that several wait for ends with whoever asked first',
    focus: ['installed', 'operator', 'agent'],
    tests: ['orchestrator/src/working/environment.test.ts'],
    patches: [
      orchestrator(
        'const now = this.#underWay.get(key) ?? this.#begin(key, run);',
        'const now = this.#underWay.get(key) ?? this.#begin(key, () => run(signal));',
      ),
    ],
  },
  'full-disk-counts': {
    means: 'an attempt that met a full disk counts against its task',
    tests: ['core/src/rules/policy.test.ts'],
    patches: [core("'disk-full': { counts: false", "'disk-full': { counts: true")],
  },
  'land-never-ends': {
    means: 'an attempt of `swarm land` that is cancelled before it began does not end',
    focus: ['land', 'operator', 'slow'],
    tests: ['orchestrator/src/working/worker.test.ts'],
    patches: [
      orchestrator(
        "driver: 'land', promptHash: 'none' }); if (started.kind === 'refusal') return stopped(signal, NO_USAGE);",
        "driver: 'land', promptHash: 'none' }); if (started.kind === 'refusal') return new Promise(() => {});",
      ),
    ],
  },
  'closes-unseen': {
    means: 'a run closes without a last look at its target',
    patches: [
      orchestrator('if (want.close && hasSeenAll && beside.isQuiet)', 'if (want.close && beside.isQuiet)'),
    ],
  },
  'closes-with-a-queue': {
    means: 'a run whose budget is used up closes with handed-in work in its queue',
    focus: ['bounded'],
    patches: [
      core('if (reached) return s.queue.size > 0 ? undefined : reached', 'if (reached) return reached'),
    ],
  },
  'closes-unchecked': {
    means: 'a run closes without its checks on the final head',
    focus: ['checks'],
    patches: [
      core('if (!isQuiet(s) || checksAreWanted) return undefined;', 'if (!isQuiet(s)) return undefined;'),
    ],
  },
  'closes-unplanned': {
    means: 'a run is done when its tasks are over, whatever its planner still wants',
    patches: [
      core(
        'if (isBusy(s) || plannerIsWanted || s.paused || rechecksDue(s).length > 0) return undefined;',
        'if (isBusy(s) || s.paused || rechecksDue(s).length > 0) return undefined;',
      ),
      core(
        "if (s.run.request.mode === 'planner' && !s.planning.isDone) {",
        "if (s.run.request.mode === 'planner' && s.planning.iteration === 0) {",
      ),
    ],
  },
};
