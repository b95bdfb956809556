/** Runs of many hosts: where attempts start, what is given up with a host, and what comes back. */
import { core, type MutantTable, mesh, orchestrator } from './mutant.ts';

const HOSTED = ['hosted'] as const;

export const HOST_MUTANTS: MutantTable = {
  'slot-taken-twice': {
    means: 'a slot of a host that is taken is given to a second attempt',
    focus: HOSTED,
    tests: ['core/src/rules/placing.test.ts'],
    patches: [
      core(
        'for (let slot = 1; ; slot++) if (!taken.has(slot)) return slot;',
        'return taken.size > 0 ? 1 : 1;',
      ),
      core('if (host.taken.has(on.slot))', 'if (host.taken.size < 0)'),
    ],
  },
  'host-unable': {
    means: 'a task starts on a host that lacks what it asks for',
    focus: HOSTED,
    tests: ['core/src/rules/placing.test.ts'],
    patches: [
      core(
        "return wants.find((wanted) => wanted !== 'coder' && !capabilities",
        "return wants.find((wanted) => wanted === 'coder' && !capabilities",
      ),
    ],
  },
  'same-host-again': {
    means: 'a task goes to the host that has just failed it, though another could do it',
    focus: HOSTED,
    tests: ['core/src/rules/placing.test.ts'],
    patches: [core('return others.length > 0 ? others : able;', 'return able;')],
  },
  'lapse-leaves-attempts': {
    means: 'what ran on a host that lapsed is taken to run on',
    focus: HOSTED,
    tests: ['core/src/decisions/hosts.test.ts'],
    patches: [
      core(
        'if (s.attempts.get(attempt)!.on?.host !== host) continue; const detail',
        'if (s.attempts.get(attempt)!.on?.host === host) continue; const detail',
      ),
    ],
  },
  'lapses-at-once': {
    means: 'a host is given up as soon as it is not there, whatever its lease',
    focus: HOSTED,
    tests: ['core/src/sweep.test.ts'],
    patches: [core('return silentMs > seen.leaseMs ? [', 'return silentMs >= 0 ? [')],
  },
  'host-never-lapses': {
    means: 'nobody gives up a host that is silent',
    focus: HOSTED,
    tests: ['core/src/sweep.test.ts'],
    patches: [core('return silentMs > seen.leaseMs ? [', 'return silentMs < 0 ? [')],
  },
  'held-whatever-became-of-it': {
    means: 'an attempt that a host still has goes on, though its task was taken away: nobody ends it',
    focus: ['hosted', 'operator', 'crash'],
    tests: ['core/src/sweep.test.ts'],
    patches: [
      core('if (held.has(attempt) && mayBeHeld(s, attempt)) continue;', 'if (held.has(attempt)) continue;'),
      orchestrator(
        '[...state.liveAttempts].filter((id) => mayBeHeld(state, id));',
        '[...state.liveAttempts].filter((id) => id.length > 0);',
      ),
    ],
  },
  'call-done-twice': {
    means: 'a call that comes a second time is done a second time',
    focus: HOSTED,
    tests: ['mesh/src/calls.test.ts'],
    patches: [
      mesh(
        'const known = this.#doing.get(call); if (known) {',
        'const known = this.#doing.get(call); if (known && call.length < 0) {',
      ),
    ],
  },
  'late-beat-renews': {
    means: 'a beat that was overtaken is taken for the newest',
    focus: HOSTED,
    tests: ['mesh/src/roster.test.ts'],
    patches: [mesh('beat.n <= known.beat.n) return undefined;', 'beat.n < 0) return undefined;')],
  },
  'unwanted-kept': {
    means: 'a host is never told to drop what was given up',
    focus: HOSTED,
    tests: ['mesh/src/mesh.test.ts'],
    patches: [mesh("this.#say(host, 'drop', { bench });", '')],
  },
  'lost-is-counted': {
    means: 'an attempt whose host is gone counts against its task',
    focus: HOSTED,
    tests: ['orchestrator/src/working/worker.test.ts'],
    patches: [
      orchestrator("if (error.problems[0]?.code === 'SW0741') return { reason: 'lost', detail, usage };", ''),
    ],
  },
  'claims-as-said': {
    means: 'what a host only says it used is booked as it says',
    focus: HOSTED,
    tests: ['core/src/decisions/attempts.test.ts'],
    patches: [core('if (!usage.claimed) return usage;', 'if (usage.calls >= 0) return usage;')],
  },
  'host-meters-itself': {
    means: 'of an agent that came to home’s gateway is booked what its host says',
    focus: HOSTED,
    tests: ['mesh/src/metering.test.ts'],
    patches: [mesh('if (counted) return counted;', 'if (counted && counted.calls < 0) return counted;')],
  },
  'late-call-done': {
    means: 'a late copy of a call that is over is done again',
    focus: HOSTED,
    tests: ['mesh/src/calls.test.ts'],
    patches: [mesh('if (this.#over.has(call) || this.#isClosed) return;', 'if (this.#isClosed) return;')],
  },
  'anybodys-credentials': {
    means: 'credentials of another host are taken for its own',
    focus: HOSTED,
    tests: ['mesh/src/nats.test.ts'],
    patches: [mesh('await requireRights(connection, name);', '')],
  },
};
