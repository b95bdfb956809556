/**
 * The terminal's title while a run goes on, and its progress where the terminal shows one (on its tab, or in the task bar).
 * Both are put back however the run ends, but by `kill -9`. Figures alone: nothing of a task's own words reaches them.
 */
import { isOpened, type State } from '@swarm/core/state';
import { needs } from '@swarm/core/views/needs';

export interface TitleAsk {
  readonly stderr: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined before the run is opened. */
  readonly state: () => State | undefined;
}

const EVERY_MS = 1_000;
/** What knows no titles, and may print them. */
const PLAIN_TERMS: ReadonlySet<string | undefined> = new Set([undefined, '', 'dumb', 'linux', 'cons25']);

/** Puts it back; more than once is no harm. Where there is no terminal, nothing is done. */
export function keepTitle({ stderr, env, state }: TitleAsk): () => void {
  if (!stderr.isTTY || PLAIN_TERMS.has(env.TERM)) return () => undefined;
  const hasProgress = showsProgress(env);
  let last = '';
  const look = (): void => {
    const s = state();
    const told = s ? titleBytes(s, hasProgress) : '';
    if (told !== last) stderr.write(told);
    last = told;
  };
  let isOver = false;
  const restore = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    process.off('exit', restore);
    stderr.write(`${hasProgress ? NO_PROGRESS : ''}${RESTORE}`);
  };
  // The terminal keeps what it had on a stack: XTerm Control Sequences, 22 and 23 of window manipulation.
  stderr.write(KEEP);
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  process.once('exit', restore);
  look();
  return restore;
}

const ESC = '\u001b';
const BEL = '\u0007';
const KEEP = `${ESC}[22;0t`;
/** Where nothing was kept, an empty title is the terminal's own. */
const RESTORE = `${ESC}]0;${BEL}${ESC}[23;0t`;
const NO_PROGRESS = `${ESC}]9;4;0;${BEL}`;

function titleBytes(s: State, hasProgress: boolean): string {
  const title = `${ESC}]0;${titleText(s)}${BEL}`;
  const share = isOpened(s) && s.tasks.size > 0 ? s.landedCount / s.tasks.size : undefined;
  if (!hasProgress) return title;
  // 1: so much of it; 3: it is not known how much.
  return `${title}${ESC}]9;4;${share === undefined ? '3;' : `1;${Math.round(100 * share)}`}${BEL}`;
}

/** What needs somebody stands first: it is all that is read of a tab. */
export function titleText(s: State): string {
  if (!isOpened(s)) return 'swarm begins';
  const waiting = needs(s, true).count;
  const parts = [
    waiting > 0 ? `${waiting} need${waiting === 1 ? 's' : ''} you` : '',
    s.tasks.size > 0 ? `${s.landedCount} of ${s.tasks.size} landed` : 'planning',
    s.byState.failed.size > 0 ? `${s.byState.failed.size} failed` : '',
  ];
  return `swarm: ${parts.filter(Boolean).join(', ')}`;
}

/**
 * Terminals that are known to take OSC 9;4; to others OSC 9 is a message to show. Inside tmux and screen nobody knows which
 * it is. https://learn.microsoft.com/windows/terminal/tutorials/progress-bar-sequences; VTE from 0.79 on.
 */
export function showsProgress(env: TitleAsk['env']): boolean {
  if (env.TMUX || env.STY) return false;
  const isVte = Number(env.VTE_VERSION ?? 0) >= 7_900;
  return Boolean(env.WT_SESSION) || env.ConEmuANSI === 'ON' || env.TERM_PROGRAM === 'ghostty' || isVte;
}
