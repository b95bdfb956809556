/**
 * The planner: one iteration after another over one conversation. Each answer is read while it streams, so that
 * workers start before the model has finished; what a cut stream gave is kept; an answer nobody can read is an
 * error to try again, never "no more tasks".
 */
import type { IterationOutcome } from '@swarm/core/events';
import { addUsage, NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { ChatMessage, ModelEnd, ModelResult, ToolCall } from '@swarm/core/ports/models';
import type { Context } from '../context.ts';
import { changedSections, planSections, renderSections, type Section } from './plan-context.ts';
import { PlanStream } from './plan-stream.ts';
import { PLANNER_TOOLS, runPlannerTool } from './planner-tools.ts';

/** Rounds of tool calls in one iteration before the planner is told to answer. */
const TOOL_ROUNDS_MAX = 30;

interface Answered {
  readonly outcome: IterationOutcome;
  readonly isDone: boolean;
  readonly detail: string;
  readonly usage: Usage;
}

export class Planner {
  readonly #context: Context<'log' | 'model' | 'prompts' | 'reader'>;
  #messages: ChatMessage[] = [];
  /** Hash of the prompt the conversation began with: a tuned prompt begins a new one. */
  #promptHash = '';
  #sent = new Map<string, string>();

  constructor(context: Context<'log' | 'model' | 'prompts' | 'reader'>) {
    this.#context = context;
  }

  /** Runs the live iteration to its end. */
  async iterate(iteration: number, signal: AbortSignal): Promise<void> {
    const { ask, ports } = this.#context;
    await this.#tell(iteration);
    const answered = await this.#answer(iteration, signal);
    if (answered.outcome !== 'planned' && answered.outcome !== 'cut') this.#forget();
    await ask({ type: 'endIteration', iteration, ...answered });
    if (answered.outcome === 'down') {
      await ask({ type: 'pause', reason: 'endpoints-down', detail: answered.detail });
      ports.log.write('endpoint.down', { msg: answered.detail });
    }
  }

  // ───────────── what it is told ─────────────

  async #tell(iteration: number): Promise<void> {
    const sections = planSections(this.#context.state, await this.#overview());
    const size = this.#messages.reduce((n, m) => n + m.content.length, 0);
    const { prompts } = this.#context.ports;
    const isFresh =
      this.#messages.length === 0 ||
      this.#promptHash !== prompts.hash('planner') ||
      size > this.#context.settings.plannerContextChars;
    if (isFresh) this.#begin(iteration, sections);
    else this.#followUp(iteration, changedSections(sections, this.#sent));
    this.#sent = new Map(sections.map((s) => [s.name, s.text]));
  }

  #begin(iteration: number, sections: readonly Section[]): void {
    const { ports, settings, state } = this.#context;
    const { request } = state.run;
    const prompt = ports.prompts.render('planner', {
      request: request.text,
      target: request.target,
      iteration: String(iteration),
      sections: renderSections(sections),
      max_tasks: String(settings.tasksPerIteration),
    });
    this.#promptHash = prompt.hash;
    this.#messages = [{ role: 'user', content: prompt.text }];
  }

  #followUp(iteration: number, changed: readonly Section[]): void {
    const news = changed.length > 0 ? renderSections(changed) : 'Nothing has changed.';
    const content = `Iteration ${iteration}. Since your last answer:\n\n${news}\n\nAnswer in the same JSON format.`;
    this.#messages.push({ role: 'user', content });
  }

  #forget(): void {
    this.#messages = [];
    this.#sent = new Map();
  }

  async #overview(): Promise<string> {
    const { ports, state } = this.#context;
    const root = await ports.reader.list(state.head, '');
    return root.slice(0, 100).join('\n') || '(the repository has no files yet)';
  }

  // ───────────── what it answers ─────────────

  async #answer(iteration: number, signal: AbortSignal): Promise<Answered> {
    const { ports, state } = this.#context;
    let usage = NO_USAGE;
    for (let round = 0; ; round++) {
      const stream = new PlanStream(iteration, state);
      // Commands are asked as their pieces close and awaited in order at the end: the stream never waits for a disk.
      const asked: Promise<unknown>[] = [];
      const result = await ports.model!.stream(
        { role: 'planner', messages: this.#messages, tools: round < TOOL_ROUNDS_MAX ? PLANNER_TOOLS : [] },
        {
          signal,
          onText: (piece) => {
            for (const command of stream.push(piece)) asked.push(this.#context.ask(command));
          },
        },
      );
      usage = addUsage(usage, result.usage);
      await Promise.all(asked);
      if (result.end.kind === 'tools') {
        await this.#runTools(result, result.end);
        continue;
      }
      const end = stream.end();
      for (const command of end.commands) await this.#context.ask(command);
      if (result.text !== '') this.#messages.push(saidBy(result, []));
      return { ...this.#outcome(result.end, end.outcome), isDone: end.isDone, usage };
    }
  }

  async #runTools(result: ModelResult, end: Extract<ModelEnd, { kind: 'tools' }>): Promise<void> {
    const { ports, state } = this.#context;
    const commit = state.head;
    this.#messages.push(saidBy(result, end.calls));
    for (const call of end.calls) {
      const content = await runPlannerTool(ports.reader, commit, call);
      ports.log.write('agent.activity', {
        msg: `planner ${call.name} ${call.argumentsJson.slice(0, 200)}`,
        data: { tool: call.name },
      });
      this.#messages.push({ role: 'tool', callId: call.id, content });
    }
  }

  #outcome(
    end: ModelEnd,
    read: 'whole' | 'cut' | 'unreadable',
  ): { outcome: IterationOutcome; detail: string } {
    switch (end.kind) {
      case 'stopped':
      case 'tools':
      case 'length':
        if (read === 'whole') return { outcome: 'planned', detail: '' };
        return {
          outcome: read,
          detail: read === 'cut' ? 'the answer ends in the middle' : 'there is no plan in the answer',
        };
      case 'cut':
        return { outcome: 'cut', detail: end.why };
      case 'refused':
        return { outcome: 'failed', detail: end.why };
      case 'aborted':
        return { outcome: 'lost', detail: 'it was stopped' };
      case 'down':
        return { outcome: 'down', detail: end.why };
      case 'auth':
      case 'quota':
      case 'bad-request':
        this.#context.halt({ why: end.kind, detail: end.why });
        return { outcome: 'failed', detail: end.why };
    }
  }
}

/** What the provider sent along with an answer goes back with it. */
const saidBy = ({ text, bag }: ModelResult, toolCalls: readonly ToolCall[]): ChatMessage => ({
  role: 'assistant',
  content: text,
  toolCalls,
  ...(bag && { bag }),
});
