/** The world `bench dispatch` decides in: the real core and scheduling, ten thousand tasks whose scopes meet, no I/O. */
import type { Command } from '../packages/core/src/commands.ts';
import { decide } from '../packages/core/src/decide.ts';
import type { Event } from '../packages/core/src/events.ts';
import { fold } from '../packages/core/src/fold.ts';
import {
  type AttemptId,
  type CommitId,
  type LandingId,
  type RunId,
  type TaskId,
  type TreeId,
  taskNumber,
  taskOf,
} from '../packages/core/src/model/ids.ts';
import type { Candidate } from '../packages/core/src/model/landing.ts';
import type { Request } from '../packages/core/src/model/request.ts';
import { NO_USAGE } from '../packages/core/src/model/usage.ts';
import { reservationFor } from '../packages/core/src/rules/budget.ts';
import type { TaskDraft } from '../packages/core/src/rules/task-format.ts';
import { emptyState, opened } from '../packages/core/src/state.ts';
import { wanted } from '../packages/core/src/wanted.ts';
import { Scheduling } from '../packages/orchestrator/src/scheduling.ts';

export const WORKERS = 1_000;
export const TASKS = 10_000;
/** Each has one scope that is the whole of it and four files that several tasks want: 200 scopes that meet. */
export const AREAS = 40;
const SHARED_FILES = 4;
/** Of every fifty tasks of an area nine want a shared file; one, early, wants all of it. The others have their own. */
const SHARED = 9;
const COMMIT = 'c'.repeat(40) as CommitId;
export const AT = Date.UTC(2026, 10, 21, 10);

/** What a task of an area may touch: everything there, or one file. */
interface Reach {
  readonly area: number;
  readonly file: string | undefined;
}

export type OpenWorld = ReturnType<typeof openWorld>;

export function openWorld() {
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
  scheduling = new Scheduling(opened(state));
  return { state, scheduling, ask };
}

/** As the loop does after every batch of inputs. */
export function startOne({ state, scheduling, ask }: OpenWorld): TaskId | undefined {
  const { room } = wanted(state, AT);
  const reserved = reservationFor(opened(state));
  const task = room > 0 && reserved ? scheduling.next() : undefined;
  if (task) ask({ type: 'startAttempt', task, worker: 'w1', reserved: reserved! });
  return task;
}

export function endOne({ ask }: OpenWorld, attempt: AttemptId, n: number): void {
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
export class Guard {
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
