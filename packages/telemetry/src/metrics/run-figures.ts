/** What one run adds to the counters, entry by entry, and what its state says when it is asked. */
import type { Entry, Event, EventOf } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { LogLine } from '@swarm/core/log-events';
import { type TaskId, taskOf } from '@swarm/core/model/ids';
import { isOver } from '@swarm/core/model/task';
import type { Usage } from '@swarm/core/model/usage';
import { tokensSpent, usdSpent } from '@swarm/core/rules/budget';
import { greenNow } from '@swarm/core/rules/green';
import { emptyState, type State } from '@swarm/core/state';
import { taskCounts } from '@swarm/core/views/board';
import { quotasNow } from '@swarm/core/views/quotas';
import { OPERATIONS } from '../genai.ts';
import { amount, BoundedLabel } from './labels.ts';
import { ModelsUsed, type ModelTokens } from './models.ts';
import { LANDING_OUTCOMES, type MetricName } from './names.ts';
import type { Labels, MetricRegistry } from './registry.ts';

/** Tool calls are counted attempt by attempt; of so many attempts at once. */
const ATTEMPTS_MAX = 2_000;

export class RunFigures {
  readonly #run: string;
  readonly #registry: MetricRegistry;
  readonly #state: State;
  /** Somebody else folds it. */
  readonly #isGiven: boolean;
  #seq = 0;
  readonly #over = new Set<TaskId>();
  readonly #iterations = new Map<number, string>();
  readonly #used = new ModelsUsed();
  readonly #tools = new Map<string, number>();
  readonly #model = new BoundedLabel();
  readonly #endpoint = new BoundedLabel();
  readonly #agent = new BoundedLabel();
  readonly #error = new BoundedLabel();
  readonly #quota = new BoundedLabel();
  /** Quotas that each endpoint has named. */
  readonly #quotas = new Map<string, ReadonlySet<string>>();
  /** Endpoints that a look has found silent, or that said that nothing is left, or not. */
  readonly #silent = new Map<string, boolean>();

  constructor(run: string, registry: MetricRegistry, state: State | undefined) {
    this.#run = run;
    this.#registry = registry;
    this.#state = state ?? emptyState();
    this.#isGiven = state !== undefined;
    for (const outcome of LANDING_OUTCOMES) this.#add('swarm_landings_total', { outcome }, 0);
    this.#add('swarm_cost_usd_total', {}, 0);
  }

  entry(entry: Entry): void {
    if (entry.seq <= this.#seq) return;
    if (!this.#isGiven) fold(this.#state, entry);
    this.#seq = entry.seq;
    for (const event of entry.events) {
      this.#count(event, entry.at);
      for (const task of tasksOf(event)) this.#lookAt(task, entry.at);
    }
  }

  line(line: LogLine): void {
    switch (line.event) {
      case 'model.called':
      case 'model.failed':
        this.#used.note(line);
        return this.#countCall(line);
      case 'agent.activity':
        if (line.attempt !== undefined && line.data.kind === 'tool') this.#countTool(line.attempt);
        return;
      case 'endpoint.probed':
        return this.#hear(line.data.endpoint, line.data.doesAnswer !== true);
      case 'endpoint.quota':
        return this.#showQuotas(line);
      case 'endpoint.emptied':
      case 'endpoint.refilled':
        this.#hear(line.data.endpoint, line.event === 'endpoint.emptied');
        return this.#showQuotas(line);
      default:
        return;
    }
  }

  /** What the state says now. */
  refresh(): void {
    const s = this.#state;
    for (const [state, count] of Object.entries(taskCounts(s))) this.#set('swarm_tasks', { state }, count);
    this.#set('swarm_queue_depth', {}, s.queue.size);
    this.#set('swarm_run_open', {}, s.run !== undefined && s.closed === undefined ? 1 : 0);
    this.#refreshWorkers();
    this.#set('swarm_target_green', {}, greenOf(s));
    this.#set('swarm_breaker_state', { target: 'models' }, Number(MODEL_PAUSES.has(s.paused?.reason)));
    this.#set('swarm_breaker_state', { target: 'target' }, Number(TARGET_PAUSES.has(s.paused?.reason)));
    for (const [endpoint, isSilent] of this.#silent)
      this.#set('swarm_breaker_state', { target: `endpoint/${endpoint}` }, Number(isSilent));
    const { tokens, usd, timeMs } = s.run?.request.limits ?? {};
    const ratio = (used: number, limit: number | undefined) => (limit ? used / limit : undefined);
    this.#set('swarm_budget_used_ratio', { limit: 'tokens' }, ratio(tokensSpent(s.spending), tokens));
    this.#set('swarm_budget_used_ratio', { limit: 'usd' }, ratio(usdSpent(s.spending), usd));
    this.#set('swarm_budget_used_ratio', { limit: 'time' }, ratio(s.activeMs, timeMs));
  }

  #refreshWorkers(): void {
    const { attempts, liveAttempts, workers, closed, stopped } = this.#state;
    const starting = [...liveAttempts].filter((id) => attempts.get(id)?.state === 'started').length;
    this.#set('swarm_workers', { state: 'starting' }, starting);
    this.#set('swarm_workers', { state: 'running' }, liveAttempts.size - starting);
    const idle = closed || stopped ? 0 : Math.max(0, workers - liveAttempts.size);
    this.#set('swarm_workers', { state: 'idle' }, idle);
  }

  // ───────────── the journal ─────────────

  #count(e: Event, at: number): void {
    switch (e.type) {
      case 'iteration.started':
        this.#iterations.set(e.iteration, e.model);
        return;
      case 'iteration.ended': {
        const role = e.owner === undefined ? 'planner' : 'subplanner';
        this.#spend(role, e.usage, this.#used.ofRole('planner', e.usage, this.#iterations.get(e.iteration)));
        this.#iterations.delete(e.iteration);
        return;
      }
      case 'attempt.ended':
        return this.#endAttempt(e, at);
      case 'spend.recorded':
        return this.#spend(e.role, e.usage, this.#used.ofRole(e.role, e.usage));
      case 'review.given':
        return this.#spend('reviewer', e.usage, this.#used.ofRole('reviewer', e.usage));
      case 'landing.landed':
        return this.#land('landed', e.members.length);
      case 'landing.found':
        return this.#land('landed', 1);
      case 'landing.rejected':
        return this.#land('rejected', 1);
      case 'landing.undone':
        return this.#land('undone', 1);
      case 'target.moved':
        return this.#land('undone', e.lost.length);
      case 'landing.dropped':
        return this.#land('dropped', this.#state.landings.get(e.landing)?.members.length ?? 1);
      case 'gate.ended':
        if (!e.result.remembered && e.result.outcome !== 'none')
          this.#observe('swarm_gate_seconds', {}, e.result.durationMs / 1_000);
        return;
      default:
        return;
    }
  }

  #land(outcome: (typeof LANDING_OUTCOMES)[number], handoffs: number): void {
    this.#add('swarm_landings_total', { outcome }, handoffs);
  }

  #endAttempt(e: EventOf<'attempt.ended'>, at: number): void {
    const attempt = this.#state.attempts.get(e.attempt);
    this.#spend('worker', e.usage, this.#used.ofAttempt(e.attempt, e.usage, attempt?.model));
    const tools = this.#tools.get(e.attempt) ?? 0;
    this.#tools.delete(e.attempt);
    // Without an agent there was no invocation of one.
    if (attempt?.driver === undefined) return;
    const labels = { gen_ai_agent_name: this.#agent.of(attempt.driver) };
    const seconds = Math.max(0, at - attempt.startedAt) / 1_000;
    this.#observe('gen_ai_invoke_agent_duration_seconds', labels, seconds);
    this.#observe('gen_ai_invoke_agent_inference_calls', labels, e.usage.calls);
    this.#observe('gen_ai_invoke_agent_tool_calls', labels, tools);
  }

  #spend(role: string, usage: Usage, parts: readonly ModelTokens[]): void {
    this.#add('swarm_cost_usd_total', {}, usage.costUsd);
    for (const { model, input, output } of parts) {
      if (input + output === 0) continue;
      const labels = { role, model: this.#model.of(model) };
      this.#add('swarm_tokens_total', { ...labels, kind: 'input' }, input);
      this.#add('swarm_tokens_total', { ...labels, kind: 'output' }, output);
    }
  }

  /** Each time a task comes to its end; one that is tried again comes to another. */
  #lookAt(id: TaskId, at: number): void {
    const task = this.#state.tasks.get(id);
    if (task === undefined) return;
    if (!isOver(task.state)) this.#over.delete(id);
    else if (!this.#over.has(id)) {
      this.#over.add(id);
      this.#observe('swarm_task_duration_seconds', {}, Math.max(0, at - task.acceptedAt) / 1_000);
    }
  }

  // ───────────── the log ─────────────

  #countCall({ event, data }: LogLine): void {
    const labels: Labels = {
      gen_ai_operation_name: OPERATIONS.chat,
      gen_ai_provider_name: this.#endpoint.of(data.endpoint),
      gen_ai_request_model: this.#model.of(data.model),
    };
    const end = (data.end as { readonly kind?: unknown } | undefined)?.kind;
    const error = event === 'model.failed' ? this.#error.of(end) : '';
    this.#observe(
      'gen_ai_client_inference_duration_seconds',
      { ...labels, error_type: error },
      amount(data.ms) / 1_000,
    );
    const { inputTokens, outputTokens } = (data.usage ?? {}) as Partial<Usage>;
    const counted = { ...labels, gen_ai_token_modality: 'text' };
    this.#add('gen_ai_client_inference_usage_input_tokens_total', counted, amount(inputTokens));
    this.#add('gen_ai_client_inference_usage_output_tokens_total', counted, amount(outputTokens));
    if (event === 'model.called' && data.endpoint !== undefined) this.#hear(data.endpoint, false);
  }

  /** One that is named no more is gone. */
  #showQuotas(line: LogLine): void {
    const endpoint = this.#endpoint.of(line.data.endpoint);
    const named = new Set<string>();
    for (const { of, used, resetsAt } of quotasNow([line], 0).flatMap(({ quotas }) => quotas)) {
      const labels = { endpoint, quota: this.#quota.of(of) };
      named.add(labels.quota);
      this.#set('swarm_quota_used_ratio', labels, used);
      this.#set('swarm_quota_reset_timestamp_seconds', labels, resetsAt && resetsAt / 1_000);
    }
    for (const quota of this.#quotas.get(endpoint) ?? []) {
      if (named.has(quota)) continue;
      this.#set('swarm_quota_used_ratio', { endpoint, quota }, undefined);
      this.#set('swarm_quota_reset_timestamp_seconds', { endpoint, quota }, undefined);
    }
    this.#quotas.set(endpoint, named);
  }

  #countTool(attempt: string): void {
    if (!this.#tools.has(attempt) && this.#tools.size >= ATTEMPTS_MAX)
      this.#tools.delete(this.#tools.keys().next().value!);
    this.#tools.set(attempt, (this.#tools.get(attempt) ?? 0) + 1);
  }

  #hear(endpoint: unknown, isSilent: boolean): void {
    this.#silent.set(this.#endpoint.of(endpoint), isSilent);
  }

  #add = (name: MetricName, labels: Labels, by: number): void =>
    this.#registry.add(name, this.#run, labels, amount(by));
  #observe = (name: MetricName, labels: Labels, value: number): void =>
    this.#registry.observe(name, this.#run, labels, amount(value));
  #set = (name: MetricName, labels: Labels, value: number | undefined): void =>
    this.#registry.set(name, this.#run, labels, value);
}

/** Pauses while nothing is asked of models, or nothing can be put on the target. */
const MODEL_PAUSES: ReadonlySet<unknown> = new Set(['endpoints-down', 'endpoints-failing', 'quota']);
const TARGET_PAUSES: ReadonlySet<unknown> = new Set(['target-gone', 'target-refuses']);

/** As the report says it of a run that is closed. */
function greenOf(s: State): number | undefined {
  const green = greenNow(s);
  return green === 'unknown' ? undefined : Number(green);
}

/** The tasks whose state an event may have changed. */
function tasksOf(e: Event): readonly TaskId[] {
  if (e.type === 'landing.landed') return e.members.map(({ task }) => task);
  if (e.type === 'target.moved') return e.lost;
  if ('task' in e && e.task !== undefined) return [e.task];
  return 'attempt' in e && e.attempt !== undefined ? [taskOf(e.attempt)] : [];
}
