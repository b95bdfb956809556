/**
 * Reviewers at work: each looks at exactly the commit that is voted on, and says one thing of it. Silence is told as what
 * it is, an abstention. What is set aside for one is settled with its vote.
 */
import { type Refusal, SwarmError } from '@swarm/core/errors';
import { FINDING_TEXT_MAX } from '@swarm/core/model/review';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { RenderedPrompt } from '@swarm/core/ports/world';
import { reservationFor } from '@swarm/core/rules/budget';
import { reviewerMay, type VoteWanted } from '@swarm/core/rules/reviewing';
import { durationText, plain } from '@swarm/core/views/words';
import type { Context } from '../context.ts';
import { Project } from '../prompting/project.ts';
import { detailOf } from '../working/disk-full.ts';
import { answerInFile, askAgent } from './by-agent.ts';
import { ANSWER_IN_TEXT, askModel } from './by-model.ts';
import type { Evidence } from './evidence.ts';
import type { Said } from './said.ts';
import { voteVariables } from './vote-prompt.ts';

type Ports = 'changes' | 'clock' | 'host' | 'log' | 'model' | 'prompts' | 'reader';

export class Reviews {
  readonly #context: Context<Ports>;
  readonly #evidence: Evidence;
  readonly #project: Project;

  constructor(context: Context<Ports>, evidence: Evidence) {
    this.#context = context;
    this.#evidence = evidence;
    this.#project = new Project(context.ports);
  }

  /** One reviewer’s vote. Where it cannot be asked now, nothing is said, and it is asked again. */
  async vote(wanted: VoteWanted, signal: AbortSignal): Promise<void> {
    const { ask, state } = this.#context;
    const may = reviewerMay(state);
    if (may === 'wait') return;
    const reserved = may === 'begin' ? reservationFor(state, 'reviewer') : undefined;
    if (!reserved) return this.#give(wanted, { ...NO_BUDGET, usage: NO_USAGE });
    const answer = await ask({ type: 'reserveSpend', role: 'reviewer', reserved });
    const event = answer.kind === 'decision' ? answer.events[0] : undefined;
    if (event?.type !== 'spend.reserved') return;
    const { slice } = event;
    const said = await this.#inTime(signal, (until) => this.#look(wanted, reserved, until));
    switch (said.kind) {
      case 'vote':
      case 'silent':
        return this.#give(wanted, said, slice);
      case 'down':
        await ask({ type: 'recordSpend', slice, usage: said.usage });
        await ask({ type: 'pause', reason: 'endpoints-down', detail: said.why });
        return;
      case 'halted':
        await ask({ type: 'recordSpend', slice, usage: said.usage });
        return this.#context.halt(said.halt);
      case 'stopped':
        await ask({ type: 'recordSpend', slice, usage: said.usage });
    }
  }

  /** A reviewer that takes too long has nothing to say. */
  async #inTime(signal: AbortSignal, look: (until: AbortSignal) => Promise<Said>): Promise<Said> {
    const { ports, settings } = this.#context;
    const { wallMs } = settings.review!;
    const late = new AbortController();
    const cancel = ports.clock.after(wallMs, () => late.abort());
    try {
      const said = await look(AbortSignal.any([signal, late.signal]));
      if (said.kind !== 'stopped' || signal.aborted || !late.signal.aborted) return said;
      return { ...said, kind: 'silent', why: `it did not answer within ${durationText(wallMs)}` };
    } finally {
      cancel();
    }
  }

  async #look(
    wanted: VoteWanted,
    reserved: NonNullable<ReturnType<typeof reservationFor>>,
    signal: AbortSignal,
  ): Promise<Said> {
    const context = this.#context;
    const { agent, newSeal } = context.settings.review!;
    const isAgent = agent !== undefined;
    const seal = newSeal();
    if (!isAgent && !context.ports.model)
      return { kind: 'silent', why: 'this run has no model', usage: NO_USAGE };
    try {
      const prompt = await this.#prompt(wanted, isAgent ? answerInFile(seal) : ANSWER_IN_TEXT);
      const ask = { wanted, prompt, seal, reserved, signal };
      return await (isAgent ? askAgent(context, ask) : askModel(context, ask));
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      if (signal.aborted) return { kind: 'stopped', usage: NO_USAGE };
      return { kind: 'silent', why: detailOf(error), usage: NO_USAGE };
    }
  }

  async #prompt(wanted: VoteWanted, how: string): Promise<RenderedPrompt> {
    const about = { wanted, how, evidence: this.#evidence, project: this.#project };
    return this.#context.ports.prompts.render('vote', await voteVariables(this.#context, about));
  }

  async #give(
    wanted: VoteWanted,
    said: Extract<Said, { kind: 'vote' | 'silent' }>,
    slice?: number,
  ): Promise<void> {
    const { ask } = this.#context;
    const { attempt, commit, reviewer } = wanted;
    const vote =
      said.kind === 'vote'
        ? said.vote
        : { vote: 'abstain' as const, confidence: 0, findings: [plain(said.why, FINDING_TEXT_MAX)] };
    const answer = await ask({
      type: 'giveReview',
      attempt,
      commit,
      reviewer,
      ...vote,
      usage: said.usage,
      ...(said.by !== undefined && { by: said.by }),
      ...(slice !== undefined && { slice }),
    });
    if (isRefusal(answer) && slice !== undefined)
      await ask({ type: 'recordSpend', slice, usage: said.usage });
  }
}

const isRefusal = (answer: { readonly kind: string }): answer is Refusal => answer.kind === 'refusal';

const NO_BUDGET = { kind: 'silent', why: 'the reviewers’ part of the budget is used up' } as const;
