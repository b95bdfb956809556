/**
 * What the planner is told, from one iteration to the next. Each follow-up is the one before with something added to its
 * end, so that a provider keeps all of it but that. What the planner looked at and the words of its answer are left out
 * of what follows: what was filed, and its scratchpad, are told instead. When the additions have grown, it is told all
 * anew, in one message that begins as the first one did.
 */
import type { IterationOutcome } from '@swarm/core/events';
import type { Planning } from '@swarm/core/model/plan';
import type { ChatMessage } from '@swarm/core/ports/models';
import { lengthOf } from '@swarm/core/rules/conversation';
import { isBusy } from '@swarm/core/state';
import type { Context } from '../context.ts';
import { inBlock } from '../prompting/blocks.ts';
import { toldBy } from '../prompting/conversation.ts';
import { Project } from '../prompting/project.ts';
import type { LengthLimit } from './length.ts';
import { type Overview, overviewOf } from './overview.ts';
import { partSections } from './part-context.ts';
import { planSections } from './plan-context.ts';
import { NEWS } from './plan-news.ts';
import { planAt, RUN_SEAT, type Seat, tasksAt } from './seat.ts';
import { type Section, Told } from './sections.ts';
import { filesInScope, hasLiveParts, wholeText } from './whole.ts';

/**
 * A conversation that is so many times as long as it began, and longer than so many characters, is told anew. What a
 * provider keeps costs a tenth: until about then going on is cheaper.
 */
const GROWN = 5;
const GROWN_MIN = 100_000;

/** Nobody is asked here, and nothing is decided. */
export type BriefingContext = Pick<Context<'prompts' | 'reader'>, 'ports' | 'settings' | 'state'>;

export class Briefing {
  readonly #context: BriefingContext;
  readonly #seat: Seat;
  readonly #length: Pick<LengthLimit, 'chars'>;
  readonly #project: Project;
  /** The live iteration's conversation. Who asks adds to it. */
  messages: ChatMessage[] = [];
  /** How many of them were there before the planner said anything. */
  #kept = 0;
  /** Of the messages it began with. */
  #begun = 0;
  #beginChars = 0;
  /** Hash of the prompt the conversation began with: a tuned prompt begins a new one. */
  #promptHash = '';
  #told = new Told();
  #overview: Overview | undefined;
  /** The one that was told last. */
  #iteration = 0;
  /** Why the last answer could not be used. */
  #setback = '';

  /** @param length absent for a look beforehand: nobody is asked. */
  constructor(
    context: BriefingContext,
    seat: Seat = RUN_SEAT,
    length: Pick<LengthLimit, 'chars'> = { chars: context.settings.plannerContextChars },
  ) {
    this.#context = context;
    this.#seat = seat;
    this.#length = length;
    this.#project = new Project(context.ports);
  }

  /** Whether it holds more than the message a conversation begins with. */
  get hasGrown(): boolean {
    return this.messages.length > this.#begun;
  }

  async tell(iteration: number): Promise<void> {
    if (this.#isFresh()) await this.#begin(iteration);
    else this.#goOn(iteration);
    this.#kept = this.messages.length;
    this.#iteration = iteration;
  }

  /** The iteration is over. An answer that could not be used is said to be so, in a conversation that begins anew. */
  end(outcome: IterationOutcome, detail: string): void {
    if (outcome === 'planned' || outcome === 'cut') {
      this.messages = [...this.messages.slice(0, this.#kept), leftOut(outcome)];
      if (outcome === 'planned') this.#told.forget(NEWS);
      return;
    }
    this.messages = [];
    const isItsFault = outcome === 'unreadable' || outcome === 'failed';
    this.#setback = isItsFault ? `Your last answer could not be used: ${detail}. ` : '';
  }

  #isFresh(): boolean {
    const { ports } = this.#context;
    const most = Math.min(Math.max(GROWN_MIN, GROWN * this.#beginChars), this.#length.chars);
    return (
      this.messages.length === 0 ||
      this.#promptHash !== ports.prompts.hash(this.#seat.role) ||
      lengthOf(this.messages) > most
    );
  }

  async #begin(iteration: number): Promise<void> {
    const { ports, settings, state } = this.#context;
    const { request } = state.run;
    this.#told = new Told();
    const { owner, role } = this.#seat;
    const scope = owner === undefined ? [] : state.tasks.get(owner)!.spec.scope;
    this.#overview = await overviewOf(this.#project, state, scope);
    const whole = owner !== undefined && {
      task: inBlock(wholeText(state, owner)),
      files: inBlock(await filesInScope(ports.reader, state.head, scope)),
    };
    const prompt = ports.prompts.render(role, {
      request: inBlock(request.text),
      target: request.target,
      iteration: String(iteration),
      ...whole,
      sections: this.#told.tell(this.#sections()),
      max_tasks: String(tasksAt(state, this.#seat, settings)),
    });
    this.#promptHash = prompt.hash;
    this.messages = toldBy(prompt);
    this.#begun = this.messages.length;
    this.#beginChars = lengthOf(this.messages);
    if (this.#setback !== '') this.#add(`${this.#setback}${AGAIN}`);
    this.#setback = '';
  }

  #goOn(iteration: number): void {
    const { state } = this.#context;
    const news = this.#told.tell(this.#sections()) || 'Nothing has changed.';
    const { owner } = this.#seat;
    const isUnderWay = owner === undefined ? isBusy(state) : hasLiveParts(state, owner);
    const known = filedNothingNew(planAt(state, this.#seat), this.#iteration) ? `${NOTHING_NEW} ` : '';
    const idle = isUnderWay ? '' : `\n\n${known}${NOTHING_LIVE}`;
    this.messages.push({
      role: 'user',
      content: `Iteration ${iteration}. What is new:\n\n${news}${idle}\n\n${AGAIN}`,
    });
  }

  #sections(): readonly Section[] {
    const { state } = this.#context;
    const { owner } = this.#seat;
    return owner === undefined
      ? planSections(state, this.#overview!)
      : partSections(state, this.#overview!, owner);
  }

  #add(text: string): void {
    const last = this.messages.pop()!;
    this.messages.push({ ...last, content: `${last.content}\n\n${text}` });
  }
}

const AGAIN = 'Answer in the same JSON format.';
const NOTHING_NEW = 'Your last answer filed nothing new: a task that is sent again is left as it is.';
const NOTHING_LIVE = 'Nothing is under way: file what is missing, or say `done`.';

/** A task that is sent again is no fault, and no news tells of it. Of one that is refused they do. */
function filedNothingNew(plan: Planning | undefined, iteration: number): boolean {
  if (!plan || plan.failuresInRow === 0) return false;
  return ![...plan.refusals.values()].some((refused) => refused.iteration === iteration);
}

/** In words, not as JSON: an answer in the history with its tasks left out would be taken for the form to answer in. */
const leftOut = (outcome: 'planned' | 'cut'): ChatMessage => ({
  role: 'assistant',
  content: outcome === 'cut' ? '(My answer broke off and is left out.)' : '(My answer is left out.)',
  toolCalls: [],
});
