/**
 * What becomes of a tested candidate: published by compare-and-swap, refused, divided or given up; each is one recorded
 * decision. Nothing is rebuilt after the gate: what was tested is what lands, byte for byte.
 */
import type { LandingId } from '@swarm/core/model/ids';
import type { DropReason, Landing, RejectionReason } from '@swarm/core/model/landing';
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

  /**
   * What nothing tests: all that stand one upon the other, from the head on, are published with one move of the target,
   * and each is recorded as a landing of its own.
   */
  async settleLine(landings: readonly Landing[]): Promise<void> {
    const { state } = this.#context;
    let tip = state.head;
    const isMoved = landings[0]?.candidate.parent !== tip;
    const line: Landing[] = [];
    for (const landing of landings) {
      if (isTakenBack(state, landing)) await this.#drop(landing.id, 'cancelled');
      else if (landing.candidate.parent !== tip)
        await this.#drop(landing.id, isMoved ? 'target-moved' : 'line-broken');
      else {
        line.push(landing);
        tip = landing.candidate.commit;
      }
    }
    if (line.length > 0) await this.#publish(line);
  }

  async settle(landing: Landing): Promise<void> {
    const { state } = this.#context;
    const { id, gate, candidate } = landing;
    if (isTakenBack(state, landing)) return this.#drop(id, 'cancelled');
    switch (gate!.outcome) {
      case 'passed':
      case 'no-worse':
      case 'none':
        return candidate.parent === state.head ? this.#publish([landing]) : this.#drop(id, 'target-moved');
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

  /** @param line one, or several, each upon the one before. */
  async #publish(line: readonly Landing[]): Promise<void> {
    const { ask, state } = this.#context;
    const { commit, tree } = line.at(-1)!.candidate;
    const ids = line.map(({ id }) => id);
    const candidate = { parent: line[0]!.candidate.parent, commit, tree };
    const outcome = await publish(this.#context, { landings: ids }, candidate);
    switch (outcome.kind) {
      case 'published':
        return this.#record(ids);
      case 'moved':
        return this.#dropAll(ids, 'target-moved');
      case 'unknown':
        // Never guessed: the next look at the target finds the trailers, or does not.
        await this.#dropAll(ids, 'publish-unknown');
        await this.#lookAtTarget();
        return;
      case 'gone':
        await this.#dropAll(ids, 'target-gone');
        await ask({ type: 'pause', ...pauseFor(state.run.request, outcome) });
        return;
      case 'refused':
        await this.#dropAll(ids, 'target-refused');
        await ask({ type: 'pause', reason: 'target-refuses', detail: outcome.why });
        return;
    }
  }

  /** Published, yet the core refused to record one (cancelled meanwhile, say): git wins, so look again. */
  async #record(ids: readonly LandingId[]): Promise<void> {
    const answers = await Promise.all(ids.map((landing) => this.#context.ask({ type: 'land', landing })));
    const refused = ids.filter((_, i) => answers[i]!.kind === 'refusal');
    if (refused.length === 0) return;
    await this.#dropAll(refused, 'cancelled');
    await this.#lookAtTarget();
  }

  async #dropAll(ids: readonly LandingId[], reason: DropReason): Promise<void> {
    await Promise.all(ids.map((id) => this.#drop(id, reason)));
  }

  async #drop(landing: LandingId, reason: DropReason): Promise<void> {
    await this.#context.ask({ type: 'dropLanding', landing, reason });
  }
}
