/**
 * What a decision costs when a thousand workers work on ten thousand tasks whose scopes meet: the real core and the
 * real scheduling, a simulated world. Two tasks in flight whose scopes meet, or a task that never starts, is an
 * error, not a figure.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type AttemptId,
  board,
  type Candidate,
  type Command,
  type CommitId,
  decide,
  type Event,
  emptyState,
  fold,
  type LandingId,
  NO_USAGE,
  PASSED_OVER_MAX,
  queue,
  type Request,
  type RunId,
  reservationFor,
  type TaskDraft,
  type TaskId,
  type TreeId,
  taskNumber,
  taskOf,
  wanted,
} from '../packages/core/src/index.ts';
import { Scheduling } from '../packages/orchestrator/src/scheduling.ts';
import type { Figure } from './figure.ts';

const WORKERS = 1_000;
const TASKS = 10_000;
/** Each has one scope that is the whole of it and four files that several tasks want: 200 scopes that meet. */
const AREAS = 40;
const SHARED_FILES = 4;
/** Of every fifty tasks of an area nine want a shared file; one, early, wants all of it. The others have their own. */
const SHARED = 9;
/** An earlier wide task may be passed over by so many, by the law of the queue, and those in flight beside them. */
const PASSED_OVER_AIM = 2 * PASSED_OVER_MAX + (2 * WORKERS) / AREAS;
/**
 * Attempts are of like length: one ends among so many of the oldest. A task that waits is looked at again when what it
 * waits for ends, so where one attempt takes many times as long as the others, what is in its way is counted later.
 */
const ENDING = 8;
const COMMIT = 'c'.repeat(40) as CommitId;
const AT = Date.UTC(2026, 10, 21, 10);

export async function run(): Promise<readonly Figure[]> {
  simulate(); // warm
  const { starts, ends, views, heap, passedOver, inFlightMax } = simulate();
  const at = (list: number[], share: number) =>
    list.toSorted((a, b) => a - b)[Math.floor(list.length * share)]!;
  const size = `${TASKS} tasks, ${AREAS} areas, ${WORKERS} workers`;
  const early = heap[3]! - heap[1]!;
  const late = heap.at(-1)! - heap.at(-3)!;
  const aim = { kind: 'at-most', value: 5 } as const;
  return [
    { name: `dispatch: ${size}: p50`, value: at(starts, 0.5), unit: 'ms' },
    { name: 'dispatch: p99 of what is wanted and one start', value: at(starts, 0.99), unit: 'ms', aim },
    { name: 'dispatch: p99 of an end, from handoff to landed', value: at(ends, 0.99), unit: 'ms', aim },
    { name: 'dispatch: board and queue, drawn half-way', value: views, unit: 'ms' },
    { name: 'dispatch: most attempts in flight', value: inFlightMax, unit: '' },
    {
      name: 'dispatch: most starts in the way of one that waits',
      value: passedOver,
      unit: '',
      aim: { kind: 'at-most', value: PASSED_OVER_AIM },
    },
    { name: 'dispatch: heap kept of 1,000 tasks, the first', value: early / 2, unit: 'MB' },
    {
      name: 'dispatch: heap kept of 1,000 tasks, the last',
      value: late / 2,
      unit: 'MB',
      aim: { kind: 'at-most', value: 4 },
    },
  ];
}

/** What a task of an area may touch: everything there, or one file. */
interface Reach {
  readonly area: number;
  readonly file: string | undefined;
}

function simulate() {
  const world = openWorld();
  const { state, ask } = world;
  const figures = { starts: [] as number[], ends: [] as number[], views: 0, heap: [heapMb()] };
  const guard = new Guard();
  const inFlight: AttemptId[] = [];
  let inFlightMax = 0;
  for (let landed = 0; landed < TASKS; ) {
    for (;;) {
      const began = performance.now();
      const task = startOne(world);
      figures.starts.push(performance.now() - began);
      if (task === undefined) break;
      guard.enter(task);
      inFlight.push(`${task}.1` as AttemptId);
    }
    inFlightMax = Math.max(inFlightMax, inFlight.length);
    if (inFlight.length === 0) throw new Error(`${TASKS - landed} tasks never start`);
    const [attempt] = inFlight.splice((landed * 7919) % Math.min(ENDING, inFlight.length), 1) as [AttemptId];
    const began = performance.now();
    endOne(ask, attempt, landed);
    figures.ends.push(performance.now() - began);
    guard.leave(taskOf(attempt));
    landed += 1;
    if (landed % 1_000 === 0) figures.heap.push(heapMb());
    if (landed === TASKS / 2) figures.views = drawn(state);
  }
  return { ...figures, passedOver: guard.passedOver, inFlightMax };
}

function openWorld() {
  const state = emptyState();
  let scheduling: Scheduling | undefined;
  const ask = (command: Command): readonly Event[] => {
    const answer = decide(state, command);
    if (answer.kind === 'refusal') throw new Error(`${command.type}: ${answer.detail}`);
    if (answer.events.length === 0) return [];
    fold(state, { seq: state.seq + 1, at: AT + state.seq, cause: command.type, events: answer.events });
    for (const event of answer.events) scheduling?.follow(event);
    return answer.events;
  };
  const request = requestOf();
  ask({ type: 'openRun', run: 'r-20261121-k3f7' as RunId, request, version: '0', configHash: 'c' });
  ask({ type: 'acceptTasks', drafts: drafts(), from: { by: 'plan' }, eachAlone: false });
  scheduling = new Scheduling(state);
  return { state, scheduling, ask };
}

/** As the loop does after every batch of inputs. */
function startOne({ state, scheduling, ask }: ReturnType<typeof openWorld>): TaskId | undefined {
  const { room } = wanted(state, AT);
  const reserved = reservationFor(state);
  const task = room > 0 && reserved ? scheduling.next() : undefined;
  if (task) ask({ type: 'startAttempt', task, worker: 'w1', reserved: reserved! });
  return task;
}

function endOne(ask: (command: Command) => readonly Event[], attempt: AttemptId, n: number): void {
  const task = taskOf(attempt);
  ask({ type: 'startAgent', attempt, driver: 'command', promptHash: 'p' });
  const change = {
    commit: COMMIT,
    base: COMMIT,
    filesChanged: filesOf(task),
    linesAdded: 9,
    linesRemoved: 1,
  };
  const claim = { status: 'complete', summary: 'done', concerns: [], suggestions: [] } as const;
  const handoff = { ...claim, taskId: task, attempt, change, toolCalls: 9, durationMs: 60_000 };
  ask({ type: 'endAttempt', attempt, reason: 'handed-in', detail: '', usage: NO_USAGE, handoff });
  const tree = n.toString(16).padStart(40, '0') as TreeId;
  const candidate: Candidate = { parent: COMMIT, commit: COMMIT, tree };
  const [started] = ask({ type: 'startLanding', members: [{ task, attempt, commit: COMMIT }], candidate });
  const landing = (started as Event & { landing: LandingId }).landing;
  ask({ type: 'recordGate', landing, result: PASSED });
  ask({ type: 'land', landing });
}

const PASSED = {
  outcome: 'passed',
  gate: 'g1',
  durationMs: 900,
  signatures: [],
  output: 'ok',
  flaky: false,
  remembered: false,
} as const;

/** Knows from how the tasks were made which of them meet, by other means than the product. */
class Guard {
  passedOver = 0;
  readonly #inArea = new Map<number, Set<TaskId>>();
  readonly #waiting = new Map<TaskId, number>();

  constructor() {
    for (let n = 1; n <= TASKS; n++) this.#waiting.set(`t${n}` as TaskId, 0);
  }

  enter(task: TaskId): void {
    const reach = reachOf(taskNumber(task));
    const inArea = this.#inArea.get(reach.area) ?? new Set();
    for (const other of inArea) {
      if (meets(reach, reachOf(taskNumber(other)))) throw new Error(`${task} runs beside ${other}`);
    }
    this.#inArea.set(reach.area, inArea.add(task));
    this.#waiting.delete(task);
    this.#countPassed(task, reach);
  }

  leave(task: TaskId): void {
    this.#inArea.get(reachOf(taskNumber(task)).area)!.delete(task);
  }

  /** Earlier tasks of the same area that could not start because later ones did. */
  #countPassed(task: TaskId, reach: Reach): void {
    for (let n = 1 + reach.area; n < taskNumber(task); n += AREAS) {
      const passed = this.#waiting.get(`t${n}` as TaskId);
      if (passed === undefined || !meets(reach, reachOf(n))) continue;
      this.#waiting.set(`t${n}` as TaskId, passed + 1);
      this.passedOver = Math.max(this.passedOver, passed + 1);
    }
  }
}

const meets = (a: Reach, b: Reach): boolean =>
  a.area === b.area && (a.file === undefined || b.file === undefined || a.file === b.file);

/** The tasks of one area are as far apart in the plan as can be. */
function reachOf(n: number): Reach {
  const area = (n - 1) % AREAS;
  const nth = Math.floor((n - 1) / AREAS);
  if (nth === 5) return { area, file: undefined };
  return { area, file: nth % 50 < SHARED ? `shared-${nth % SHARED_FILES}.ts` : `own-${nth}.ts` };
}

const folderOf = (area: number): string => `src/area-${area}`;

function filesOf(task: TaskId): readonly string[] {
  const { area, file } = reachOf(taskNumber(task));
  return [`${folderOf(area)}/${file ?? 'index.ts'}`];
}

const drafts = (): TaskDraft[] =>
  Array.from({ length: TASKS }, (_, i): TaskDraft => {
    const { area, file } = reachOf(i + 1);
    return {
      label: `T${i + 1}`,
      title: `Change number ${i + 1}`,
      description: 'As the title says',
      scope: [file === undefined ? `${folderOf(area)}/` : `${folderOf(area)}/${file}`],
      acceptance: '',
      priority: 5,
      dependsOn: [],
      kind: 'change',
      requires: [],
    };
  });

const requestOf = (): Request => ({
  text: 'Change everything',
  mode: 'plan',
  target: 'main',
  landOn: 'refs/heads/swarm/bench',
  deliver: 'branch',
  base: COMMIT,
  gate: 'true',
  gateHash: 'g1',
  checksMinMs: 60_000,
  checksMaxMs: 600_000,
  overlap: 'serialize',
  limits: { workers: WORKERS, attempts: 3, tasks: 100_000, attemptTokens: 0 },
});

function drawn(state: Parameters<typeof board>[0]): number {
  const began = performance.now();
  board(state, AT);
  queue(state);
  return performance.now() - began;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMb(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
