/**
 * Whose landing turned the checks red: found by running them on the heads in between, by bisection. Of the lowest
 * urgency: it looks only while nothing waits to land, and stops when a fix has landed. What was looked at is kept
 * in memory alone; after a crash it is looked at again, and nothing is lost but time.
 */
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type { ChecksResult } from '@swarm/core/model/request';
import { culpritsToFind, isBaseSuspect, nextProbe, suspectsOf } from '@swarm/core/rules/healing';
import type { TargetStep } from '@swarm/core/state';
import type { Context } from '../context.ts';
import type { Checks } from './checks.ts';
import type { Rechecks } from './rechecks.ts';

/** Whether a commit shows the failure; a text: why that cannot be told; undefined: stopped before it could be. */
type Shown = boolean | string | undefined;

export class Culprits {
  readonly #context: Context<'log'>;
  readonly #checks: Checks;
  readonly #rechecks: Rechecks;
  /** Checks of heads between, by commit: one run serves every failure that is looked into. */
  readonly #looked = new Map<CommitId, ChecksResult>();

  constructor(context: Context<'log'>, checks: Checks, rechecks: Rechecks) {
    this.#context = context;
    this.#checks = checks;
    this.#rechecks = rechecks;
  }

  /** What can be told without running anything: before fix tasks are filed, so that they can say it. */
  async nameKnown(): Promise<void> {
    const { ask, state } = this.#context;
    const { base } = state.run.request;
    for (const signature of culpritsToFind(state)) {
      const steps = suspectsOf(state, signature);
      const foundOn = state.health.findings.get(signature)!.finding.head;
      const isOnBase = foundOn === base || (state.baseGate?.signatures.includes(signature) ?? false);
      if (isOnBase && isBaseSuspect(state, signature))
        await ask({ type: 'nameCulprit', signature, commit: base });
      else if (steps.length === 1 && !isBaseSuspect(state, signature)) await this.#name(signature, steps[0]!);
    }
  }

  /** Goes on until every open failure was looked into, or until there is something better to do. */
  async find(signal: AbortSignal): Promise<void> {
    for (;;) {
      const [signature] = culpritsToFind(this.#context.state);
      if (!signature || !(await this.#findOne(signature, signal))) return;
    }
  }

  /** False: stopped; nothing is recorded. */
  async #findOne(signature: string, signal: AbortSignal): Promise<boolean> {
    const { ask, state } = this.#context;
    const steps = suspectsOf(state, signature);
    const { base } = state.run.request;
    const onBase = isBaseSuspect(state, signature) ? await this.#shows(base, signature, signal) : false;
    if (onBase === undefined) return false;
    if (onBase === true) await ask({ type: 'nameCulprit', signature, commit: base });
    else if (typeof onBase === 'string') await ask({ type: 'missCulprit', signature, why: onBase });
    else return this.#bisect(signature, steps, signal);
    return true;
  }

  async #bisect(signature: string, steps: readonly TargetStep[], signal: AbortSignal): Promise<boolean> {
    const { ask } = this.#context;
    let [good, bad] = [-1, steps.length - 1];
    for (let at = nextProbe(good, bad); at !== undefined; at = nextProbe(good, bad)) {
      const shows = await this.#shows(steps[at]!.commit, signature, signal);
      if (shows === undefined) return false;
      if (typeof shows === 'string') {
        await ask({ type: 'missCulprit', signature, why: shows });
        return true;
      }
      if (shows) bad = at;
      else good = at;
    }
    const culprit = steps[bad];
    if (culprit) await this.#name(signature, culprit);
    else await ask({ type: 'missCulprit', signature, why: 'the head it was found on is no longer known' });
    return true;
  }

  async #name(signature: string, { commit, task }: TargetStep): Promise<void> {
    await this.#context.ask({ type: 'nameCulprit', signature, commit, ...(task && { task }) });
  }

  async #shows(commit: CommitId, signature: string, signal: AbortSignal): Promise<Shown> {
    const task = this.#context.state.health.findings.get(signature)?.finding.task;
    if (task !== undefined) return this.#failsOn(commit, task, signal);
    const result = this.#looked.get(commit) ?? (await this.#look(commit, signature, signal));
    if (!result) return undefined;
    if (result.signatures.includes(signature)) return true;
    const isConclusive = result.outcome === 'passed' || result.outcome === 'failed';
    return isConclusive ? false : `the checks ended as ${result.outcome} on ${commit.slice(0, 10)}`;
  }

  /** Of a landed task's own check, which is tried alone. */
  async #failsOn(commit: CommitId, task: TaskId, signal: AbortSignal): Promise<boolean | undefined> {
    const { state } = this.#context;
    if (state.queue.size > 0 || signal.aborted) return undefined;
    const passes = await this.#rechecks.passesOn(commit, task, signal);
    return passes === undefined ? undefined : !passes;
  }

  async #look(commit: CommitId, signature: string, signal: AbortSignal): Promise<ChecksResult | undefined> {
    const { ports, state } = this.#context;
    if (state.queue.size > 0 || signal.aborted) return undefined;
    ports.log.write('checks.started', {
      msg: `checks on ${commit.slice(0, 10)}, for where this comes from: ${signature}`,
      data: { head: commit, command: state.run.request.checks, signature },
    });
    const checked = await this.#checks.runOn(commit, 'checks-culprit', signal);
    if (checked) this.#looked.set(commit, checked.result);
    return checked?.result;
  }
}
