/** What a browser's trace says of its scripts. */

/** As the Trace Event Format has them; times are µs. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
}

/** The page's own mark of a change. */
const UPDATE = 'swarm update';
const SCRIPTS: ReadonlySet<string> = new Set([
  'FunctionCall',
  'EvaluateScript',
  'RunMicrotasks',
  'v8.callFunction',
]);
const TASKS: ReadonlySet<string> = new Set(['RunTask', 'ThreadControllerImpl::RunTask']);

/** ms of scripting in each task of a thread in which the page changed, shortest first. */
export function scriptingOf(events: readonly TraceEvent[]): readonly number[] {
  const times: number[] = [];
  for (const inThread of Map.groupBy(events, ({ pid, tid }) => `${pid} ${tid}`).values()) {
    const marks = inThread.filter(({ name, ph }) => name === UPDATE && ph === 'b').map(({ ts }) => ts);
    if (marks.length === 0) continue;
    const whole = (names: ReadonlySet<string>) =>
      inThread
        .filter(({ name, ph, dur }) => ph === 'X' && names.has(name) && dur !== undefined)
        .sort((a, b) => a.ts - b.ts);
    const scripts = whole(SCRIPTS);
    for (const task of whole(TASKS)) {
      const end = task.ts + task.dur!;
      if (!marks.some((at) => at >= task.ts && at <= end)) continue;
      times.push(unionOf(scripts.filter(({ ts, dur }) => ts >= task.ts && ts + dur! <= end)) / 1_000);
    }
  }
  return times.sort((a, b) => a - b);
}

/** µs in which at least one of them ran: they lie within each other. */
function unionOf(sorted: readonly TraceEvent[]): number {
  let [sum, until] = [0, 0];
  for (const { ts, dur } of sorted) {
    sum += Math.max(0, ts + dur! - Math.max(ts, until));
    until = Math.max(until, ts + dur!);
  }
  return sum;
}
