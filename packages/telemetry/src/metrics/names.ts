/** Every metric of a run: its name, what it counts and its labels. docs/telemetry.md is held to this table. */
import { TASK_STATES } from '@swarm/core/model/task';

export interface MetricAbout {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Besides `run`, which every one has. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** From half a minute to four hours. */
const LONG_SECONDS = [30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400];
const GATE_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_200, 3_600];
/** Those the conventions advise. */
const CALL_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const CALLS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** The conventions' own names as Prometheus writes them: without dots, with the unit at the end. */
const AGENT = 'gen_ai_agent_name';
const CALL_LABELS = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'];

export const LANDING_OUTCOMES = ['landed', 'undone', 'rejected', 'dropped'] as const;
export const WORKER_STATES = ['starting', 'running', 'idle'] as const;
export const TOKEN_KINDS = ['input', 'output'] as const;
export const LIMITS = ['tokens', 'usd', 'time'] as const;

const counter = (help: string, ...labels: string[]) => ({ kind: 'counter' as const, help, labels });
const gauge = (help: string, ...labels: string[]) => ({ kind: 'gauge' as const, help, labels });
const histogram = (help: string, buckets: readonly number[], ...labels: string[]) => ({
  kind: 'histogram' as const,
  help,
  buckets,
  labels,
});

export const METRICS = {
  swarm_tasks: gauge(`tasks by state: ${TASK_STATES.join(', ')}`, 'state'),
  swarm_task_duration_seconds: histogram(
    'from acceptance to the end, of each task when it is over, however it ended',
    LONG_SECONDS,
  ),
  swarm_landings_total: counter(
    `handoffs by what became of them on the target: ${LANDING_OUTCOMES.join(', ')}`,
    'outcome',
  ),
  swarm_queue_depth: gauge('handoffs that wait to land, those under test among them'),
  swarm_gate_seconds: histogram('runs of the gate on candidates, without remembered results', GATE_SECONDS),
  swarm_tokens_total: counter(
    'tokens used, as they were metered, by role, model and kind (input, output)',
    'role',
    'model',
    'kind',
  ),
  swarm_cost_usd_total: counter('US dollars used; at least so much where a model has no known price'),
  swarm_workers: gauge(`workers by what they do: ${WORKER_STATES.join(', ')}`, 'state'),
  swarm_breaker_state: gauge(
    '1 while nothing is sent there, because it does not answer or its quota is used up, else 0: `models` all endpoints together, `target` where work lands, `endpoint/NAME` one endpoint',
    'target',
  ),
  swarm_quota_used_ratio: gauge(
    'how much of an endpoint’s quota is used, as it said itself when it was last asked, 0 to 1',
    'endpoint',
    'quota',
  ),
  swarm_quota_reset_timestamp_seconds: gauge(
    'when there is more of an endpoint’s quota, seconds since the epoch',
    'endpoint',
    'quota',
  ),
  swarm_target_green: gauge('1 green, 0 red; absent while it is not known'),
  swarm_run_open: gauge('1 until the run is closed, then 0'),
  swarm_budget_used_ratio: gauge(
    'how much of a limit is used, lost reservations among it: tokens, usd, time; absent where there is no limit',
    'limit',
  ),
  gen_ai_client_inference_duration_seconds: histogram(
    'calls to models',
    CALL_SECONDS,
    ...CALL_LABELS,
    'error_type',
  ),
  gen_ai_client_inference_usage_input_tokens_total: counter(
    'tokens sent to models, call by call',
    ...CALL_LABELS,
    'gen_ai_token_modality',
  ),
  gen_ai_client_inference_usage_output_tokens_total: counter(
    'tokens got from models, call by call',
    ...CALL_LABELS,
    'gen_ai_token_modality',
  ),
  gen_ai_invoke_agent_duration_seconds: histogram('attempts', LONG_SECONDS, AGENT),
  gen_ai_invoke_agent_inference_calls: histogram('calls to models of one attempt', CALLS, AGENT),
  gen_ai_invoke_agent_tool_calls: histogram('tools that one attempt called', CALLS, AGENT),
} as const satisfies Record<string, MetricAbout>;

export type MetricName = keyof typeof METRICS;
