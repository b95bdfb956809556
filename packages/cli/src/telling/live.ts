/** What a person sees while a run goes on: one readable line per event, and on a terminal one live status line. */
import type { LogLine } from '@swarm/core/log-events';
import { tokensOf } from '@swarm/core/model/usage';
import { isOpened, type OpenedState, type State } from '@swarm/core/state';
import type { ChalkInstance } from 'chalk';
import { jsonText, type Output, sanitizeLine, wrapText } from './output.ts';

/** Weather and book-keeping that would drown what matters; all of it is in log.ndjson. */
const QUIET: ReadonlySet<string> = new Set([
  'agent.activity',
  'agent.started',
  'command.refused',
  'gate.started',
  'landing.started',
  'model.called',
  'pregate.ended',
  'report.written',
  'scratchpad.written',
  'spend.recorded',
  'sweep.ended',
  'task.requeued',
  'verify.ended',
  'workspace.made',
  'workspace.removed',
  'stray.removed',
]);

export interface Live {
  line(line: LogLine): void;
  /** Gives the terminal back as it was. */
  end(): void;
}

/** Narration on stderr; with `--json` the log's own lines on stdout instead. */
export function createLive(ask: {
  readonly output: Output;
  readonly isJson: boolean;
  readonly state: () => State | undefined;
  readonly stderr: NodeJS.WriteStream;
}): Live {
  if (ask.isJson) return { line: (line) => ask.output.result(jsonText(line)), end: () => undefined };
  const { output } = ask;
  const say = (line: LogLine): void =>
    output.narrate(readable(line, output.narrationInk, ask.stderr.isTTY ? ask.stderr.columns : undefined));
  if (!ask.stderr.isTTY)
    return { line: (line) => (isShown(line) ? say(line) : undefined), end: () => undefined };
  return terminal(ask.stderr, ask.state, output.narrationInk, say);
}

function terminal(
  stderr: NodeJS.WriteStream,
  state: () => State | undefined,
  ink: ChalkInstance,
  say: (line: LogLine) => void,
): Live {
  const clear = (): void => void stderr.write('\r\u001b[K');
  const draw = (): void => {
    const s = state();
    if (s && isOpened(s))
      stderr.write(
        `\r\u001b[K${ink.dim(statusLine(s, Date.now()).slice(0, Math.max(20, (stderr.columns ?? 80) - 1)))}`,
      );
  };
  const timer = setInterval(draw, 250);
  timer.unref();
  return {
    line(line) {
      if (!isShown(line)) return;
      clear();
      say(line);
      draw();
    },
    end() {
      clearInterval(timer);
      clear();
    },
  };
}

const isShown = (line: LogLine): boolean => !QUIET.has(line.event) && line.level !== 'debug';

function readable(line: LogLine, ink: ChalkInstance, columns: number | undefined): string {
  const time = ink.dim(new Date(line.ts).toTimeString().slice(0, 8));
  const text = wrapText(sanitizeLine(line.msg, 240), columns, TIME_WIDTH);
  if (line.event === 'landing.landed') return `${time}  ${ink.green(text)}`;
  if (line.level === 'error') return `${time}  ${ink.red(text)}`;
  if (line.level === 'warn') return `${time}  ${ink.yellow(text)}`;
  return `${time}  ${text}`;
}

/** `04:52:43  `, before each line. */
const TIME_WIDTH = 10;

/** What moves, what waits, what it has cost. */
export function statusLine(s: OpenedState, now: number): string {
  const { byState, queue } = s;
  const working = byState.assigned.size + byState.running.size;
  const parts = [
    s.paused ? `paused: ${s.paused.reason}` : s.planning.live ? 'planning' : undefined,
    `${working} working`,
    queue.size > 0 ? `${queue.size} to land` : undefined,
    byState.pending.size > 0 ? `${byState.pending.size} waiting` : undefined,
    `${s.landedCount} of ${s.tasks.size} landed`,
    byState.failed.size > 0 ? `${byState.failed.size} failed` : undefined,
    tokensOf(s.spending.used) > 0 ? `${compact(tokensOf(s.spending.used))} tokens` : undefined,
    s.spending.used.costUsd > 0 ? `$${s.spending.used.costUsd.toFixed(2)}` : undefined,
    duration(now - s.run.openedAt),
  ];
  return parts.filter(Boolean).join(' · ');
}

const compact = (n: number): string =>
  n >= 1e6 ? `${(n / 1e6).toFixed(1)}M` : n >= 1e3 ? `${Math.round(n / 1e3)}k` : String(n);

export function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}
