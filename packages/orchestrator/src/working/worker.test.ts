import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { Event } from '@swarm/core/events';
import type { Attempt } from '@swarm/core/model/attempt';
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { BenchJob } from '@swarm/core/ports/bench';
import { ALL_SAVED, type IngestOutcome } from '@swarm/core/ports/git';
import { acceptedTask, commit, openedRun, startedAttempt } from '@swarm/core/testing';
import { Gate } from '../landing/gate.ts';
import type { Probes } from '../landing/probes.ts';
import { type EffectWorld, givenWorld, going, NO_FILES } from '../testing.ts';
import { type Answers, givenHost, NO_SPACE, ran, WORK } from './testing-bench.ts';
import { Worker } from './worker.ts';

const ID = 't1.1' as AttemptId;
const LANDED = { by: 'land', branch: 'theirs', commit: commit('theirs') } as const;
const NO_PROBES = { probe: async () => undefined } as unknown as Probes;

interface Given extends Answers {
  readonly task?: Parameters<typeof acceptedTask>[1];
  readonly isLand?: boolean;
  readonly ingests?: IngestOutcome;
  readonly takes?: IngestOutcome;
  readonly render?: (variables: Readonly<Record<string, string>>) => void;
}

function given({ task, isLand, ingests, takes, render, ...answers }: Given = {}) {
  const accepted = acceptedTask('t1', task);
  const events: Event[] = [
    openedRun({ gate: 'make test' }),
    isLand ? { ...accepted, source: LANDED } : accepted,
    startedAttempt(ID),
  ];
  const deeds: string[] = [];
  const world: EffectWorld = givenWorld(events, {
    host: givenHost(deeds, answers),
    hub: {
      ingest: async () => ingests ?? { kind: 'commit', commit: WORK },
      receive: async (_attempt, _base, pack) => {
        deeds.push(`receive ${pack.head === WORK}`);
        return { kind: 'received' };
      },
      measure: async (commit, base) => ({
        commit,
        base,
        filesChanged: ['a.txt'],
        linesAdded: 1,
        linesRemoved: 0,
      }),
    },
    branches: { take: async () => takes ?? { kind: 'commit', commit: LANDED.commit } },
    prompts: {
      render: (_, variables) => {
        render?.(variables);
        return { system: '', text: 'do it', hash: 'h' };
      },
    },
    reader: NO_FILES,
    files: { writeHandoff: async () => void deeds.push('handoff.json') },
  });
  const attempt = world.state.attempts.get(ID) as Attempt;
  const made = new Worker(world.context, new Gate(world.context), NO_PROBES);
  const worker = () => made;
  const work = (signal: AbortSignal = going()) => made.work(attempt, signal);
  const ending = () => {
    const ended = world.state.attempts.get(ID)!;
    return ended.state === 'ended' ? ended.ending : ended.state;
  };
  const ended = () => {
    const found = world.state.attempts.get(ID)!;
    assert(found.state === 'ended');
    return found;
  };
  /** The loop is over: nothing that is asked gets to the disk any more. */
  const leave = () => {
    const { ask } = world.context;
    const refusal = { kind: 'refusal', reason: 'run-closed', detail: 'the run has ended' } as const;
    const over: typeof ask = async (command) => (command.type === 'endAttempt' ? refusal : ask(command));
    return new Worker({ ...world.context, ask: over }, new Gate(world.context), NO_PROBES).work(
      attempt,
      going(),
    );
  };
  return { world, deeds, work, worker, leave, ending, ended };
}

function abortedBy(cause: string): AbortSignal {
  const controller = new AbortController();
  controller.abort(cause);
  return controller.signal;
}

test('an attempt has its check tried on the base, is worked on, saved, verified, gated and handed in, and its bench goes last', async () => {
  const { deeds, work, ending } = given({ task: { verify: 'make check' } });
  await work();
  assert.equal(ending(), 'handed-in');
  assert.deepEqual(deeds, [
    'open t1.1',
    'open before-t1-1',
    'make check',
    'close before-t1-1',
    'agent',
    'save',
    'open verify-t1-1',
    'make check',
    'close verify-t1-1',
    'make test',
    'handoff.json',
    'close t1.1',
  ]);
});

test('a bench stays where the end of its attempt did not come to the disk', async () => {
  const { deeds, leave, ending } = given();
  await leave();
  assert.equal(ending(), 'running');
  assert.ok(deeds.includes('open t1.1') && !deeds.includes('close t1.1'), deeds.join());
});

test('an attempt of a branch that is cancelled before it begins ends as cancelled, and not silently', async () => {
  const { world, work, ending } = given({ isLand: true });
  world.decide({ type: 'cancelTask', task: 't1' as never, reason: 'not wanted', by: 'operator' });
  await work(abortedBy('cancelled'));
  assert.equal(ending(), 'cancelled');
});

test('an attempt that is cancelled before its agent starts ends as cancelled', async () => {
  const { world, work, deeds, ending } = given();
  world.decide({ type: 'cancelTask', task: 't1' as never, reason: 'not wanted', by: 'operator' });
  await work(abortedBy('cancelled'));
  assert.equal(ending(), 'cancelled');
  assert.deepEqual(deeds, ['open t1.1', 'close t1.1']);
});

for (const command of ['make check', 'make test']) {
  test(`what its agent used stays on record when \`${command}\` is called off`, async () => {
    const usage = { ...NO_USAGE, calls: 3, inputTokens: 900 };
    const claim = { status: 'complete', summary: 'did it', concerns: [], suggestions: [] } as const;
    const stop = new AbortController();
    const { work, ending, ended } = given({
      task: { verify: 'make check' },
      agent: async () => ({ end: 'finished', detail: '', usage, toolCalls: 1, claim }),
      shell: (asked) => {
        if (asked !== command) return ran();
        stop.abort('drained');
        return ran({ end: 'aborted', exitCode: undefined });
      },
    });
    await work(stop.signal);
    assert.equal(ending(), 'drained');
    assert.deepEqual(ended().usage, usage);
  });
}

test('work that another host did is put into the intake before it is judged', async () => {
  const bytes = (async function* () {})();
  const { deeds, work, ending } = given({
    saves: { kind: 'pack', pack: { head: WORK, bytes }, report: ALL_SAVED },
  });
  await work();
  assert.ok(deeds.includes('receive true'));
  assert.equal(ending(), 'handed-in');
});

test('work of which some could not be saved is not handed in: the attempt ends with what was left out, and keeps the rest', async () => {
  const report = { ...ALL_SAVED, leftOut: ['sub: is a submodule'] };
  const { deeds, world, work, ending, ended } = given({ saves: { kind: 'here', report } });
  await work();
  assert.equal(ending(), 'not-saved');
  assert.ok(!deeds.includes('handoff.json'));
  const { workCommit } = world.state.tasks.get('t1' as never)!;
  assert.deepEqual(
    [workCommit, ended().detail],
    [WORK, 'not all of the work could be saved:\nsub: is a submodule'],
  );
});

/** Lines of the log that tell of a secret. */
const alarmsOf = ({ told }: EffectWorld) =>
  told.filter(({ name }) => name === 'secret.found').map(({ fields }) => [fields.attempt, fields.data?.why]);
const SECRET = { kind: 'secret', why: 'rule x finds what looks like a secret in "a.txt", line 2' } as const;

test('work with a secret in it is held, however its agent ended, and an alarm tells where the secret stands', async () => {
  for (const [agent, ends] of [
    [undefined, 'secret-found'],
    [noAgent, 'agent-failed'],
  ] as const) {
    const { world, work, ending, deeds } = given({ ingests: SECRET, ...(agent && { agent }) });
    await work();
    assert.equal(ending(), ends);
    assert.ok(!deeds.includes('handoff.json'));
    assert.deepEqual(alarmsOf(world), [[ID, SECRET.why]]);
    assert.equal(world.state.tasks.get('t1' as never)!.workCommit, undefined);
  }
});

test('a branch with a secret in it is held, and an alarm tells where', async () => {
  const { world, work, ended } = given({ isLand: true, takes: SECRET });
  await work();
  assert.deepEqual([ended().ending, ended().detail], ['secret-found', SECRET.why]);
  assert.deepEqual(alarmsOf(world), [[ID, SECRET.why]]);
});

test('a handoff that says a secret is held, and the next attempt goes on from its work', async () => {
  const claim = { status: 'complete', summary: 'it is [redacted]', concerns: [], suggestions: [] } as const;
  const agent = async () => ({ ...(await silent()), claim, leaked: ['GH_TOKEN'] });
  const { world, work, ended } = given({ agent });
  await work();
  const why = 'its handoff said the value of GH_TOKEN';
  assert.deepEqual([ended().ending, ended().detail], ['secret-found', why]);
  assert.deepEqual(alarmsOf(world), [[ID, why]]);
  assert.equal(world.state.tasks.get('t1' as never)!.workCommit, WORK);
});

test('a repository an agent made inside the work is a concern of its handoff', async () => {
  const report = { ...ALL_SAVED, unwrapped: ['app'] };
  const { work, ended } = given({ saves: { kind: 'here', report } });
  await work();
  assert.match(ended().handoff!.concerns[0]!, /^a git repository of its own was made in app/);
});

test('an attempt that changed nothing but ignored files says which', async () => {
  const report = { ...ALL_SAVED, ignored: ['build/deploy.sh'] };
  const answers = { saves: { kind: 'here', report }, ingests: { kind: 'nothing' }, agent: silent } as const;
  const { work, ending, ended } = given(answers);
  await work();
  assert.equal(ending(), 'no-change');
  assert.match(ended().detail, /build\/deploy\.sh/);
});

const silent = async () => ({ end: 'finished' as const, detail: '', usage: NO_USAGE, toolCalls: 0 });

const FULL = 'ENOSPC: no space left on device, mkdir';
const noAgent = async () => ({ end: 'failed' as const, detail: 'it broke', usage: NO_USAGE, toolCalls: 0 });

const fullAgent = async () => ({ ...(await noAgent()), detail: FULL });

test('an agent that speaks of a full disk, on a disk that is not, has failed', async () => {
  const { work, ending } = given({ agent: fullAgent });
  await work();
  assert.equal(ending(), 'agent-failed');
});

for (const [where, answers] of [
  ['making its bench', { opens: () => ({ kind: 'cannot-run', reason: 'disk-full', detail: FULL }) }],
  [
    'a step of ours',
    {
      opens: () => {
        throw Object.assign(new Error(FULL), { code: 'ENOSPC' });
      },
    },
  ],
  [
    'git',
    {
      opens: () => {
        throw new SwarmError({ code: 'SW0702', what: 'git failed', why: 'fatal: No space left on device' });
      },
    },
  ],
  [
    'saving, whatever the agent says of itself',
    { agent: noAgent, saves: { kind: 'failed', why: NO_SPACE }, ingests: { kind: 'nothing' } },
  ],
  ['its agent, also where there is room again when its work is saved', { isFull: true, agent: fullAgent }],
  ['its gate', { isFull: true, shell: () => ran({ exitCode: 1, output: NO_SPACE }) }],
] as const satisfies readonly (readonly [string, Given])[]) {
  test(`a full disk that stops ${where} pauses the run and costs the task no attempt`, async () => {
    const { world, work, ending } = given(answers);
    await work();
    assert.equal(ending(), 'disk-full');
    assert.equal(world.state.paused?.reason, 'disk-full');
    const paused = world.decided.findIndex((event) => event.startsWith('run.paused'));
    const ended = world.decided.findIndex((event) => event.startsWith('attempt.ended'));
    assert.ok(paused < ended, `paused before the attempt ends: ${world.decided.join(', ')}`);
    assert.equal(world.state.tasks.get('t1' as never)!.state, 'pending');
  });
}

test('a gate that speaks of a full disk on a disk with room has failed', async () => {
  const { world, work, ending } = given({ shell: () => ran({ exitCode: 1, output: NO_SPACE }) });
  await work();
  assert.equal(ending(), 'gate-failed');
  assert.equal(world.state.paused, undefined);
});

describe('an agent that keeps its conversation', () => {
  const usage = { ...NO_USAGE, calls: 2, inputTokens: 1_000 };
  const claim = { status: 'complete', summary: 'did it', concerns: ['c'], suggestions: [] } as const;
  const keeping =
    (jobs: BenchJob[], cost = usage) =>
    async (job: BenchJob) => {
      jobs.push(job);
      return {
        end: 'finished' as const,
        detail: '',
        usage: cost,
        toolCalls: 1,
        claim,
        talk: `talk ${jobs.length}`,
      };
    };

  test('is told what its own checks say, and its attempt lands when it has put that right', async () => {
    const jobs: BenchJob[] = [];
    const LOG = `NEEDLE\n${'x\n'.repeat(20_000)}the end`;
    const { world, work, ending, ended } = given({
      task: { verify: 'make check' },
      agent: keeping(jobs),
      shell: (command) =>
        command === 'make check' && jobs.length === 1 ? ran({ exitCode: 1, output: LOG }) : ran(),
    });
    await work();
    assert.equal(ending(), 'handed-in');
    assert.equal(jobs.length, 2);
    assert.equal(jobs[0]!.goOn, undefined);
    assert.equal(jobs[1]!.goOn?.talk, 'talk 1');
    assert.match(jobs[1]!.goOn!.told, /not accepted yet: its own verification failed[\s\S]*the end/);
    assert.ok(jobs[1]!.goOn!.told.length < 10_000, 'a digest is told');
    assert.equal(jobs[1]!.goOn!.log, LOG, 'and all of it goes with it');
    assert.equal(jobs[1]!.limits.tokens, jobs[0]!.limits.tokens - 1_000);
    assert.equal(ended().usage.inputTokens, 2_000);
    assert.ok(world.decided.includes('attempt.reworked t1.1 verify-failed'), world.decided.join('; '));
    assert.equal(world.state.tasks.get('t1' as never)!.attempts, 1);
  });

  test('goes on three times and no more; the attempt ends with what failed, and what was said is kept', async () => {
    const jobs: BenchJob[] = [];
    const { work, ending, ended } = given({
      agent: keeping(jobs),
      shell: () => ran({ exitCode: 1, output: 'not ok' }),
    });
    await work();
    assert.deepEqual([ending(), jobs.length], ['gate-failed', 4]);
    assert.deepEqual(ended().claim, claim);
  });

  test('does not go on when too little of its limits is left', async () => {
    const jobs: BenchJob[] = [];
    const { work, ending } = given({
      agent: keeping(jobs, { ...usage, inputTokens: 95_000 }),
      shell: () => ran({ exitCode: 1 }),
    });
    await work();
    assert.deepEqual([ending(), jobs.length], ['gate-failed', 1]);
  });
});

/** What the agent's own check says on the base; afterwards it passes. */
const atFirst = (first: Partial<ReturnType<typeof ran>>) => {
  let calls = 0;
  return (command: string) => (command === 'make check' && calls++ === 0 ? ran(first) : ran());
};
const CHECKED = { verify: 'make check', scope: ['src/a.js'] };

for (const [what, output, why] of [
  ['wants the network', 'npm error code EAI_AGAIN', /wants the network/],
  ['names a program that is not there', 'sh: 1: vitest: not found', /there is no program vitest/],
] as const) {
  test(`a task whose check ${what} is given back before an agent is asked`, async () => {
    const shell = atFirst({ exitCode: 127, output });
    const { deeds, world, work, ending, ended } = given({ task: CHECKED, shell });
    await work();
    assert.equal(ending(), 'verify-broken');
    assert.match(ended().detail, why);
    assert.ok(!deeds.includes('agent'), deeds.join());
    assert.equal(world.state.tasks.get(ended().task)?.state, 'failed', 'no attempt is left to burn');
  });
}

test('a check that passes before any work is recorded as one that tells nothing, and one that fails as one that tells', async () => {
  for (const [exitCode, verifiesBase] of [
    [0, true],
    [1, false],
  ] as const) {
    const { world, work, ending } = given({ task: CHECKED, shell: atFirst({ exitCode }) });
    await work();
    assert.equal(ending(), 'handed-in');
    assert.equal(world.state.tasks.get('t1' as never)?.verifiesBase, verifiesBase);
  }
});

test('of a check that does not end in time, or whose bench cannot be made, nothing is found out, and the agent begins', async () => {
  const late = { shell: atFirst({ end: 'timeout' }) };
  const unmade: Given = {
    opens: ({ name }) =>
      name.startsWith('before-') ? { kind: 'cannot-run', reason: 'setup-failed', detail: 'x' } : undefined,
  };
  for (const answers of [late, unmade]) {
    const { world, work, deeds } = given({ task: CHECKED, ...answers });
    await work();
    assert.ok(deeds.includes('agent'));
    assert.equal(world.state.tasks.get('t1' as never)?.verifiesBase, undefined);
  }
});

describe('what the operator says to a task', () => {
  const NOTE = { type: 'tell', task: 't1', text: 'keep the names' } as const;
  const finished = { end: 'finished', detail: '', usage: NO_USAGE, toolCalls: 1 } as const;
  const claim = { status: 'complete', summary: 'did it', concerns: [], suggestions: [] } as const;

  test('before its attempt stands in its prompt, and is not said again', async () => {
    const hints: (string | undefined)[] = [];
    const pending: (readonly string[])[] = [];
    const { world, work } = given({
      agent: async ({ notes }) => {
        pending.push(notes!.pending());
        return { ...finished, claim };
      },
      render: ({ hint }) => hints.push(hint),
    });
    world.decide(NOTE as never);
    await work();
    assert.deepEqual([hints, pending], [['keep the names'], [[]]]);
  });

  test('while its agent works reaches the agent at once, and is taken once', async () => {
    const heard: (readonly string[])[] = [];
    const { world, work, worker, ending } = given({
      agent: async ({ notes }) => {
        notes!.onMore(() => heard.push(notes!.pending()));
        world.decide(NOTE as never);
        worker().lookAtNotes();
        worker().lookAtNotes();
        notes!.told(1);
        heard.push(notes!.pending());
        return { ...finished, claim, talk: 'so far' };
      },
    });
    await work();
    assert.deepEqual(heard, [['keep the names'], []]);
    assert.equal(ending(), 'handed-in');
  });

  test('while its agent hands in goes back into the conversation before anything is judged', async () => {
    const rounds: (string | undefined)[] = [];
    const { world, work, deeds, ending } = given({
      agent: async ({ goOn }) => {
        rounds.push(goOn?.told);
        if (!goOn) world.decide(NOTE as never);
        return { ...finished, claim, talk: 'so far' };
      },
    });
    await work();
    assert.match(rounds[1]!, /^submit_handoff: not accepted yet: [\s\S]*keep the names/);
    assert.deepEqual([rounds.length, deeds.filter((deed) => deed === 'save').length], [2, 1]);
    assert.equal(ending(), 'handed-in');
  });

  test('to an agent that keeps no conversation waits for the next attempt', async () => {
    const { world, work, deeds } = given({
      agent: async () => {
        world.decide(NOTE as never);
        return { ...finished, claim };
      },
    });
    await work();
    assert.equal(deeds.filter((deed) => deed === 'agent').length, 1);
    assert.deepEqual(world.state.tasks.get('t1' as never)!.notes, ['keep the names']);
  });
});

describe('an attempt on a host', () => {
  const goneBy = (code: 'SW0741' | 'SW0743') => async (): Promise<never> => {
    throw new SwarmError({ code, what: 'agent came to nothing' });
  };

  test('whose host is gone is lost, and costs its task nothing', async () => {
    const { work, ending } = given({ agent: goneBy('SW0741') });
    await work();
    assert.equal(ending(), 'lost');
  });

  test('in which something fails on the host could not be run, and counts', async () => {
    const { work, ending } = given({ agent: goneBy('SW0743') });
    await work();
    assert.equal(ending(), 'cannot-run');
  });

  test('that its host does not take is lost', async () => {
    const { work, ending } = given({
      opens: () => ({ kind: 'cannot-run', reason: 'host-gone', detail: 'h1 is not there' }),
    });
    await work();
    assert.equal(ending(), 'lost');
  });

  test('whose host finds the work unfit is refused as at home', async () => {
    const { work, ending } = given({ saves: { kind: 'refused', why: 'a path is too long' } });
    await work();
    assert.equal(ending(), 'intake-refused');
  });
});
