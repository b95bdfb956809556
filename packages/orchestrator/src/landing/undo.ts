/**
 * Takes landings back: one commit on the present target, gated like any landing and published by compare-and-swap.
 * The pass is on disk before the target moves, and the commit names what it takes back, so that a start after a
 * `kill -9` in between finds it and records it; nothing is ever taken back twice.
 */
import { planUndo, refusedUndo, type UndoAsk, type UndoRefused } from '@swarm/core/decisions/undo';
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type {
  Candidate,
  GateOutcome,
  GateResult,
  LandingMember,
  UndoRefusalReason,
} from '@swarm/core/model/landing';
import type { RevertOutcome } from '@swarm/core/ports/git';
import type { Context } from '../context.ts';
import type { Gate } from './gate.ts';
import { undoMessage } from './message.ts';
import { lookAt, publish } from './push.ts';

export type UndoOutcome =
  | {
      readonly kind: 'undone';
      /** Newest landing first. */
      readonly tasks: readonly TaskId[];
      readonly commit: CommitId;
      /** It was on the target already: published before a stop, and only now recorded. */
      readonly wasFound: boolean;
    }
  | UndoRefused
  | { readonly kind: 'stopped' };

type Member = Pick<LandingMember, 'task' | 'commit'>;
type Revert = Extract<RevertOutcome, { kind: 'clean' }>;
/** What one try gave; `moved`: somebody else was quicker, so it is tried again on what stands now. */
type Tried = UndoOutcome | { readonly kind: 'moved' };

/** Rounds lost to somebody else's pushes before giving up. */
const ROUNDS_MAX = 5;

/** Without it the target may fail as the base did, which it had mended: it is no worse than what was there. */
const WHY_NOT: Readonly<Record<GateOutcome, UndoRefusalReason | undefined>> = {
  passed: undefined,
  none: undefined,
  'no-worse': undefined,
  failed: 'gate-failed',
  weakened: 'gate-failed',
  timeout: 'gate-timeout',
  killed: 'gate-killed',
  broken: 'gate-broken',
};

export class Undo {
  readonly #context: Context<'clock' | 'hub' | 'log'>;
  readonly #gate: Gate;
  readonly #look: () => Promise<unknown>;

  /** @param look brings journal and target to agreement, as before any landing. */
  constructor(context: Context<'clock' | 'hub' | 'log'>, gate: Gate, look: () => Promise<unknown>) {
    this.#context = context;
    this.#gate = gate;
    this.#look = look;
  }

  async undo(ask: UndoAsk, signal: AbortSignal): Promise<UndoOutcome> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const tried = await this.#try(ask, signal);
      if (tried.kind !== 'moved') return tried;
    }
    const planned = planUndo(this.#context.state, ask);
    const members = planned.kind === 'plan' ? planned.members : [];
    return this.#refuse(ask, members, 'target-moves', `${ROUNDS_MAX} times in a row`);
  }

  async #try(ask: UndoAsk, signal: AbortSignal): Promise<Tried> {
    const { ports, state } = this.#context;
    const before = new Set(state.undone);
    await this.#look();
    const found = [...state.undone].filter((id) => !before.has(id));
    const planned = planUndo(state, ask);
    if (planned.kind === 'refused') {
      const instead = foundInstead(ask, found, state.head);
      return instead ?? (ask.by === 'reconciler' ? this.#remember(ask, planned) : planned);
    }
    const look = await lookAt(ports.hub);
    const onto = look.kind === 'there' ? look.head : undefined;
    if (!onto || onto !== state.head) {
      const detail = look.kind === 'silent' ? look.why : `it is at ${onto ?? 'no commit'}`;
      return this.#refuse(ask, planned.members, 'target-lost', detail);
    }
    const built = await this.#build(planned.members, onto);
    if (signal.aborted) return { kind: 'stopped' };
    if (built.kind !== 'clean') return this.#refuseBuilt(ask, planned.members, built);
    return this.#testAndPublish(ask, planned.members, onto, built, signal);
  }

  #build(members: readonly Member[], onto: CommitId): Promise<RevertOutcome> {
    const { ports, state } = this.#context;
    const undone = members.map(({ task, commit }) => ({ task: state.tasks.get(task)!, commit }));
    const { id: run, request } = state.run;
    return ports.hub.buildRevert({
      onto,
      commits: members.map((member) => member.commit),
      message: undoMessage({ run, undone, gateHash: request.gateHash }),
      atSeconds: Math.floor(ports.clock.now() / 1000),
    });
  }

  async #testAndPublish(
    ask: UndoAsk,
    members: readonly Member[],
    parent: CommitId,
    { commit, tree }: Revert,
    signal: AbortSignal,
  ): Promise<Tried> {
    const candidate: Candidate = { parent, commit, tree };
    const gate = this.#gate.known(tree) ?? (await this.#test(ask, members, candidate, signal));
    if ('kind' in gate) return gate;
    const why = WHY_NOT[gate.outcome];
    if (why) return this.#refuse(ask, members, why, gate.output);
    const tasks = members.map((member) => member.task);
    const passed = await this.#context.ask({ type: 'passUndo', tasks, candidate, by: ask.by, gate });
    return passed.kind === 'refusal' ? { kind: 'moved' } : this.#publish(ask, members, candidate);
  }

  async #test(
    ask: UndoAsk,
    members: readonly Member[],
    { commit }: Candidate,
    signal: AbortSignal,
  ): Promise<GateResult | UndoOutcome> {
    const { ports, settings, state } = this.#context;
    const names = members.map((member) => member.task).join(', ');
    ports.log.write('gate.started', {
      msg: `gate without ${names}`,
      data: { commit, gate: state.run.request.gate },
    });
    const verdict = await this.#gate.run(
      ...(['gate-undo', commit, settings.gate.flakyRetries, signal, state.baseGate] as const),
    );
    switch (verdict.kind) {
      case 'verdict':
        return verdict.result;
      case 'aborted':
        return { kind: 'stopped' };
      case 'setup-failed':
        return this.#refuse(ask, members, 'gate-broken', verdict.detail);
    }
  }

  async #publish(ask: UndoAsk, members: readonly Member[], candidate: Candidate): Promise<Tried> {
    const undoOf = members.map((member) => member.task);
    const outcome = await publish(this.#context, { undoOf }, candidate);
    switch (outcome.kind) {
      case 'published':
        return this.#record(ask, members, candidate.commit);
      case 'moved':
      case 'unknown':
        // Never guessed: the next look at the target finds the trailers, or does not.
        return { kind: 'moved' };
      case 'gone':
        return this.#refuse(ask, members, 'target-lost', 'the target is gone');
      case 'refused':
        return this.#refuse(ask, members, 'target-lost', outcome.why);
    }
  }

  async #record(ask: UndoAsk, members: readonly Member[], commit: CommitId): Promise<Tried> {
    const tasks = members.map((member) => member.task);
    const answer = await this.#context.ask({ type: 'undoLanding', tasks, commit, by: ask.by });
    // Recorded meanwhile by whoever looked at the target: the next round finds it so.
    if (answer.kind === 'refusal') return { kind: 'moved' };
    return { kind: 'undone', tasks, commit, wasFound: false };
  }

  #refuseBuilt(
    ask: UndoAsk,
    members: readonly Member[],
    built: Exclude<RevertOutcome, Revert>,
  ): Promise<UndoRefused> {
    switch (built.kind) {
      case 'conflict': {
        const of = members.find((member) => member.commit === built.of)!.task;
        return this.#refuse(ask, members, 'conflict', `${of}: ${built.files.join(', ')}`, built.files);
      }
      case 'collateral':
        return this.#refuse(ask, members, 'collateral', built.paths.join(', '));
      case 'missing':
        return this.#refuse(ask, members, 'missing', built.of);
      case 'empty':
        return this.#refuse(ask, members, 'empty', 'later commits removed or replaced them');
    }
  }

  /** What the reconciler tries is recorded whatever comes of it, or it would be tried for ever. */
  async #remember({ what, by }: UndoAsk, planned: UndoRefused): Promise<UndoRefused> {
    const tasks = what === 'run' ? [] : [what];
    await this.#context.ask({
      type: 'refuseUndo',
      tasks,
      by,
      reason: planned.reason,
      detail: planned.detail,
    });
    return planned;
  }

  async #refuse(
    { by }: UndoAsk,
    members: readonly Member[],
    reason: UndoRefusalReason,
    detail: string,
    files: readonly string[] = [],
  ): Promise<UndoRefused> {
    const tasks = members.map((member) => member.task);
    await this.#context.ask({ type: 'refuseUndo', tasks, by, reason, detail });
    return refusedUndo(reason, detail, files);
  }
}

/** What was asked for is done: an undo from before a stop was on the target. */
function foundInstead(
  { what }: UndoAsk,
  found: readonly TaskId[],
  commit: CommitId,
): UndoOutcome | undefined {
  const isIt = what === 'run' ? found.length > 0 : found.includes(what);
  return isIt ? { kind: 'undone', tasks: found, commit, wasFound: true } : undefined;
}
