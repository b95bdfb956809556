/** The real program on a real terminal of a given size: what it shows, what is pressed, and how much it took to show it. */
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { MAIN } from './program.ts';
import type { World } from './world.ts';

/** Far above what any step takes; a hang ends the test instead of the suite. */
const PATIENCE_MS = 60_000;

export interface PtyAsk {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Pty {
  readonly pid: number;
  /** What a person sees now. */
  readonly screen: () => string;
  /** Everything that was sent to the terminal. */
  readonly sent: () => string;
  readonly ended: Promise<{ readonly code: number; readonly signal: number }>;
  /** Whether the alternate screen is shown, and whether the cursor is. */
  readonly modes: () => { readonly isAlternate: boolean; readonly isCursorShown: boolean };
  /** The screen, as soon as it shows this. */
  shows(isIt: RegExp | ((screen: string) => boolean)): Promise<string>;
  /** Resolves as soon as this has been sent to the terminal. */
  sends(pattern: RegExp): Promise<void>;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  kill(signal: string): void;
}

export function onPty(world: World, args: readonly string[], { columns, rows, env = {} }: PtyAsk): Pty {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1_000 });
  const child = spawn(process.execPath, ['--conditions=swarm-src', MAIN, ...args], {
    name: env.TERM ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd: world.repository,
    env: world.environment({ TERM: 'xterm-256color', ...env }),
  });
  let sent = '';
  let isOver = false;
  let woken = Promise.withResolvers<void>();
  const wake = (): void => {
    woken.resolve();
    woken = Promise.withResolvers();
  };
  child.onData((text) => {
    sent += text;
    terminal.write(text, wake);
  });
  const ended = new Promise<{ code: number; signal: number }>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      isOver = true;
      // What it said last is on its way to the screen.
      terminal.write('', () => {
        wake();
        resolve({ code: exitCode, signal: signal ?? 0 });
      });
    });
  });
  const screen = (): string => {
    const { active } = terminal.buffer;
    const lines = [...Array(terminal.rows).keys()].map(
      (i) => active.getLine(active.baseY + i)?.translateToString(true, 0, terminal.cols) ?? '',
    );
    return lines.join('\n').trimEnd();
  };
  const until = async (isIt: () => boolean, what: unknown): Promise<void> => {
    const over = performance.now() + PATIENCE_MS;
    while (!isIt()) {
      if (isOver) throw new Error(`it ended without ${what}:\n${screen()}`);
      const left = over - performance.now();
      if (left <= 0) throw new Error(`no ${what} in ${PATIENCE_MS} ms:\n${screen()}`);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, left);
      });
      await Promise.race([woken.promise, late]);
      clearTimeout(timer);
    }
  };
  return {
    pid: child.pid,
    screen,
    sent: () => sent,
    ended,
    modes: () => ({
      isAlternate: terminal.buffer.active.type === 'alternate',
      isCursorShown: sent.lastIndexOf('\u001b[?25h') > sent.lastIndexOf('\u001b[?25l'),
    }),
    async shows(isIt) {
      const isShown = typeof isIt === 'function' ? isIt : (now: string) => isIt.test(now);
      let seen = '';
      await until(() => {
        seen = screen();
        return isShown(seen);
      }, isIt);
      return seen;
    },
    sends: (pattern) => until(() => pattern.test(sent), pattern),
    press: (keys) => child.write(keys),
    resize(columns, rows) {
      child.resize(columns, rows);
      terminal.resize(columns, rows);
    },
    kill: (signal) => child.kill(signal),
  };
}
