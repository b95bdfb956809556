/**
 * What becomes of a tested candidate: published by compare-and-swap, refused, divided or given up; each is one recorded
 * decision. Nothing is rebuilt after the gate: what was tested is what lands, byte for byte.
 */
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { LandingId } from '@swarm/core/model/ids';
import type { Candidate, DropReason, Landing, RejectionReason } from '@swarm/core/model/landing';
import { gateAt } from '@swarm/core/rules/known-failures';
import { isTakenBack } from '@swarm/core/wanted';
import type { Context } from '../context.ts';
import { detailOf } from './judge.ts';
import { pauseFor, publish } from './push.ts';

export class Publisher {
  readonly #context: Context<'clock' | 'hub' | 'log'>;
  readonly #lookAtTarget: () => Promise<boolean>;

  constructor(context: Context<'clock' | 'hub' | 'log'>, lookAtTarget: () => Promise<boolean>) {
    this.#context = context;
    this.#lookAtTarget = lookAtTarget;
  }

  async settle(landing: Landing): Promise<void> {
    const { state } = this.#context;
    const { id, gate, candidate } = landing;
    if (isTakenBack(state, landing)) return this.#drop(id, 'cancelled');
    switch (gate!.outcome) {
      case 'passed':
      case 'no-worse':
      case 'none':
        return candidate.parent === state.head
          ? this.#publish(id, candidate)
          : this.#drop(id, 'target-moved');
      case 'weakened':
        return this.#refuse(landing, 'tests-weakened');
      case 'failed':
        return this.#refuse(landing, 'gate-failed');
      case 'timeout':
        return this.#refuse(landing, 'gate-timeout');
      case 'killed':
        return this.#refuse(landing, 'gate-killed');
      case 'broken':
        await this.#drop(id, 'gate-broken');
        this.#context.halt({ why: 'gate-broken', detail: `the gate could not be run: ${gate!.output}` });
    }
  }

  /** Several that fail together are divided; one that fails alone, on what was the target, is rejected. */
  async #refuse({ id, members, gate, candidate }: Landing, reason: RejectionReason): Promise<void> {
    const [first, second] = members;
    if (second) return this.#drop(id, 'bisect');
    const { attempt } = first!;
    const rejected = {
      attempt,
      landing: id,
      reason,
      detail: detailOf(gate!, gateAt(this.#context.state, candidate.parent)),
      files: [],
    };
    const answer = await this.#context.ask({ type: 'rejectHandoff', ...rejected });
    if (answer.kind === 'refusal') await this.#drop(id, 'cancelled');
  }

  async #publish(landing: LandingId, candidate: Candidate): Promise<void> {
    const { ask, state } = this.#context;
    const outcome = await publish(this.#context, { landing }, candidate);
    switch (outcome.kind) {
      case 'published':
        return this.#record(landing, await ask({ type: 'land', landing }));
      case 'moved':
        return this.#drop(landing, 'target-moved');
      case 'unknown':
        // Never guessed: the next look at the target finds the trailers, or does not.
        await this.#drop(landing, 'publish-unknown');
        await this.#lookAtTarget();
        return;
      case 'gone':
        await this.#drop(landing, 'target-gone');
        await ask({ type: 'pause', ...pauseFor(state.run.request, outcome) });
        return;
      case 'refused':
        await this.#drop(landing, 'target-refused');
        await ask({ type: 'pause', reason: 'target-refuses', detail: outcome.why });
        return;
    }
  }

  /** Published, yet the core refused to record it (cancelled meanwhile, say): git wins, so look again. */
  async #record(landing: LandingId, answer: Decision | Refusal): Promise<void> {
    if (answer.kind === 'decision') return;
    await this.#drop(landing, 'cancelled');
    await this.#lookAtTarget();
  }

  async #drop(landing: LandingId, reason: DropReason): Promise<void> {
    await this.#context.ask({ type: 'dropLanding', landing, reason });
  }
}
