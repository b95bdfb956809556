/** What a person sees while a run goes on: one readable line per event, and on a terminal one live status line. */
import type { LogLine } from '@swarm/core/log-events';
import { tokensSpent, usdSpent } from '@swarm/core/rules/budget';
import { isOpened, type OpenedState, type State } from '@swarm/core/state';
import { remainingMs } from '@swarm/core/views/remaining';
import { cutToWidth } from '@swarm/core/views/width';
import type { ChalkInstance } from 'chalk';
import { Doings, duration } from './doings.ts';
import { localTime } from './local-clock.ts';
import { withNeeds } from './needed-text.ts';
import { jsonText, type Output, sanitizeLine, widthOfTerminal, wrapText } from './output.ts';

/** Weather and book-keeping that would drown what matters; all of it is in log.ndjson. */
const QUIET: ReadonlySet<string> = new Set([
  'agent.activity',
  'agent.reached',
  'agent.started',
  'command.refused',
  'gate.started',
  'landing.started',
  'model.called',
  'pregate.ended',
  'report.written',
  'requirements.written',
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
  /** What is said of the run besides. */
  say(text: string): void;
  /** Gives the terminal back as it was. */
  end(): void;
  /** Somebody is to be asked: whatever covers the terminal leaves it, and comes back after. */
  stepAside?(): Promise<void>;
  comeBack?(): void;
}

export interface LiveAsk {
  readonly output: Output;
  readonly isJson: boolean;
  /** Undefined before the run is opened. */
  readonly state: () => State | undefined;
  /** Somebody is asked: nothing is drawn meanwhile. */
  readonly isTaken?: () => boolean;
  /** Names of the endpoints the run asks. */
  readonly endpoints?: readonly string[];
  readonly stderr: NodeJS.WriteStream;
}

/** Narration on stderr; with `--json` the log's own lines on stdout instead. */
export function createLive(ask: LiveAsk): Live {
  const { output } = ask;
  const plain = { say: (text: string) => output.narrate(text), end: () => undefined };
  if (ask.isJson) return { ...plain, line: (line) => output.result(jsonText(line)) };
  const tell = (line: LogLine): void =>
    output.narrate(readable(line, output.narrationInk, widthOfTerminal(ask.stderr)));
  if (!ask.stderr.isTTY) return { ...plain, line: (line) => (isShown(line) ? tell(line) : undefined) };
  return terminal(ask, tell);
}

function terminal(
  { stderr, state, isTaken = () => false, endpoints = [], output }: LiveAsk,
  tell: (line: LogLine) => void,
): Live {
  const seen = new Doings(endpoints);
  const beganAt = Date.now();
  const clear = (): void => void stderr.write('\r\u001b[K');
  const draw = (): void => {
    if (isTaken()) return;
    const s = state();
    const now = Date.now();
    const width = Math.max(20, (stderr.columns || 80) - 1);
    const text =
      s && isOpened(s) ? withNeeds(statusLine(s, now, seen), s, width) : `begins ${duration(now - beganAt)}`;
    stderr.write(`\r\u001b[K${output.narrationInk.dim(cutToWidth(text, width))}`);
  };
  const timer = setInterval(draw, 250);
  timer.unref();
  draw();
  return {
    line(line) {
      seen.note(line);
      if (!isShown(line)) return;
      clear();
      tell(line);
      draw();
    },
    // Over the status line, which comes again below it.
    say(text) {
      clear();
      output.narrate(text);
    },
    end() {
      clearInterval(timer);
      clear();
    },
  };
}

export const isShown = (line: LogLine): boolean => !QUIET.has(line.event) && line.level !== 'debug';

/** Its time, and what it says in words. */
export function readable(line: LogLine, ink: ChalkInstance, columns: number | undefined): string {
  const time = ink.dim(localTime(Date.parse(line.ts)));
  const text = wrapText(sanitizeLine(line.msg, 240), columns, TIME_WIDTH);
  if (line.event === 'landing.landed') return `${time}  ${ink.green(text)}`;
  if (line.level === 'error') return `${time}  ${ink.red(text)}`;
  if (line.level === 'warn') return `${time}  ${ink.yellow(text)}`;
  return `${time}  ${text}`;
}

/** `04:52:43  `, before each line. */
const TIME_WIDTH = 10;

/** What is awaited, what moves, what waits, what it has cost: what matters most stands first, and may be cut last. */
export function statusLine(s: OpenedState, now: number, seen: Doings = new Doings([])): string {
  const { byState, queue } = s;
  const working = byState.assigned.size + byState.running.size;
  const parts = [
    ...seen.awaited(s, now),
    working > 0 ? `${working} working` : undefined,
    queue.size > 0 ? `${queue.size} to land` : undefined,
    byState.expanded.size > 0 ? `${byState.expanded.size} split` : undefined,
    byState.reviewing.size > 0 ? `${byState.reviewing.size} under review` : undefined,
    byState.pending.size > 0 ? `${byState.pending.size} waiting` : undefined,
    s.tasks.size > 0 ? `${s.landedCount} of ${s.tasks.size} landed` : undefined,
    byState.failed.size > 0 ? `${byState.failed.size} failed` : undefined,
    ...budgetTexts(s),
    duration(now - s.run.openedAt),
    left(s, now),
  ];
  return parts.filter(Boolean).join(' · ');
}

/** `about 4m left`, counted down from the last entry on, and said no finer than it is known. */
function left(s: OpenedState, now: number): string | undefined {
  const ms = remainingMs(s);
  if (ms === undefined) return undefined;
  const minutes = Math.round((ms - (now - s.at)) / 60_000);
  return minutes < 1
    ? 'about a minute left'
    : `about ${duration(minutes * 60_000).replace(/m00s$/, 'm')} left`;
}

/** `8.3k of 15k tokens, 5k reserved`, `$1.20 of $5.00, $0.40 reserved`; without a limit what was used. */
function budgetTexts({ spending, run }: OpenedState): readonly string[] {
  const { tokens, usd } = run.request.limits;
  const { reserved } = spending;
  const usedTokens = tokensSpent(spending);
  const usedUsd = usdSpent(spending);
  const aside = (text: string, isSome: boolean): string => (isSome ? `, ${text} reserved` : '');
  const money = (n: number): string => `$${n.toFixed(2)}`;
  return [
    ...(tokens !== undefined
      ? [
          `${compact(usedTokens)} of ${compact(tokens)} tokens${aside(compact(reserved.tokens), reserved.tokens > 0)}`,
        ]
      : usedTokens > 0
        ? [`${compact(usedTokens)} tokens`]
        : []),
    ...(usd !== undefined
      ? [`${money(usedUsd)} of ${money(usd)}${aside(money(reserved.usd), reserved.usd > 0)}`]
      : usedUsd > 0
        ? [money(usedUsd)]
        : []),
  ];
}

/** `850`, `8.3k`, `15k`, `1.2M`. */
export function compact(n: number): string {
  const [size, unit] = n >= 1e6 ? [n / 1e6, 'M'] : n >= 1e3 ? [n / 1e3, 'k'] : [n, ''];
  return `${size < 10 && unit !== '' ? size.toFixed(1).replace(/\.0$/, '') : Math.round(size)}${unit}`;
}
