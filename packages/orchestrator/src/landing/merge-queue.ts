/**
 * The merge queue: what was tested is settled, and what `testWanted` names is composed on the present target and put
 * under test, of two that are foreseen to conflict the smaller one first. All of it but the runs of the gate happens one after the other; they run beside it, several at a time.
 */
import { landingId } from '@swarm/core/model/ids';
import type { Landing, LandingMember } from '@swarm/core/model/landing';
import { unreviewed } from '@swarm/core/rules/reviews';
import { sweepTarget } from '@swarm/core/sweep';
import { landingsToSettle, mayLand, testWanted } from '@swarm/core/wanted';
import type { Context } from '../context.ts';
import { type Composed, Composer } from './compose.ts';
import type { Gate } from './gate.ts';
import type { Probes } from './probes.ts';
import { Publisher } from './publish.ts';
import { lookAt, pauseFor } from './push.ts';
import { Testing } from './testing.ts';

export class MergeQueue {
  readonly #context: Context<'clock' | 'hub' | 'log' | 'reader'>;
  readonly #composer: Composer;
  readonly #testing: Testing;
  readonly #publisher: Publisher;
  readonly #probes: Probes;
  /**
   * What is found on the target is recorded one by one, and the head with it: a kill in the middle leaves the head where the
   * target is, and what is gone unsaid. So the first look of a process is a whole one.
   */
  #hasSwept = false;

  constructor(context: Context<'clock' | 'hub' | 'log' | 'reader'>, gate: Gate, probes: Probes) {
    this.#context = context;
    this.#probes = probes;
    this.#composer = new Composer(context);
    this.#testing = new Testing(context, gate);
    this.#publisher = new Publisher(context, () => this.lookAtTarget());
  }

  /** One landing's run of the gate. */
  test(landing: Landing, signal: AbortSignal): Promise<void> {
    return this.#testing.test(landing, signal);
  }

  /** Settles what has a verdict, and starts what can be tested now where anything may land. */
  async work(signal: AbortSignal): Promise<void> {
    if (!(await this.lookAtTarget())) return;
    await this.#settleAll();
    while (mayLand(this.#context.state) && !signal.aborted) {
      const test = testWanted(this.#context.state, this.#probes.foreseen);
      if (!test) return;
      const composed = await this.#composer.compose(test, signal);
      if (signal.aborted) return;
      const members = composed.flatMap((one) => one.members);
      const unseen = unreviewed(this.#context.state, members);
      if (unseen) {
        // It leaves the queue: the next is composed without it.
        if (!(await this.#voteAnew(unseen))) return;
        continue;
      }
      if (composed.length > 0 && !(await this.#start(composed))) return;
      await this.#settleAll();
      if (!(await this.lookAtTarget())) return;
    }
  }

  /**
   * Brings journal and target to agreement before anything is built on either: other people's pushes, landings
   * that happened and were not recorded, and ours that are gone. False: nothing can be landed now.
   */
  async lookAtTarget(): Promise<boolean> {
    const { ask, state, ports } = this.#context;
    const look = await lookAt(ports.hub);
    const { request } = state.run;
    if (look.kind !== 'there') {
      await ask({ type: 'pause', ...pauseFor(request, look) });
      return false;
    }
    const { head } = look;
    if (head === state.head && this.#hasSwept) return true;
    const landed = await ports.hub.landedSince(request.base, head);
    const undone = await ports.hub.undoneSince(request.base, head);
    for (const command of sweepTarget(state, { head, landed, undone })) await ask(command);
    this.#hasSwept = true;
    return mayLand(state);
  }

  async #voteAnew({ attempt, commit, patch }: LandingMember): Promise<boolean> {
    const answer = await this.#context.ask({
      type: 'askReview',
      attempt,
      commit,
      ...(patch && { patch }),
    });
    return answer.kind === 'decision';
  }

  async #settleAll(): Promise<void> {
    const due = landingsToSettle(this.#context.state);
    if (this.#context.state.run.request.gate === undefined) return this.#publisher.settleLine(due);
    for (const landing of due) await this.#publisher.settle(landing);
  }

  /**
   * False: the very same tree is under test already, and nothing can be done until that has ended. A verdict that is
   * known is recorded with the start, so that nobody runs the gate meanwhile. All are asked for at once: where one is
   * refused, so are those upon it.
   */
  async #start(composed: readonly Composed[]): Promise<boolean> {
    const { ask, state } = this.#context;
    const open = new Set([...state.openLandings].map((id) => state.landings.get(id)!.candidate.tree));
    if (composed.some(({ candidate }) => open.has(candidate.tree))) return false;
    const next = state.landings.size + 1;
    const [first] = await Promise.all(
      composed.map(async ({ members, candidate }, i) => {
        const result = this.#testing.known(members, candidate.tree);
        const [answer] = await Promise.all([
          ask({ type: 'startLanding', members, candidate }),
          result && ask({ type: 'recordGate', landing: landingId(next + i), result }),
        ]);
        return answer;
      }),
    );
    return first!.kind === 'decision';
  }
}
