/**
 * A program of the system or of the operator that is asked something besides commands. It has a session of its own: a
 * Ctrl-C at the terminal is meant for us, and must not cut off what takes a box away.
 */
import { kill } from './reap.ts';
import { type Exit, start } from './starting.ts';
import { afterATurn, within } from './waiting.ts';

export interface Question {
  readonly file: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ms: number;
  readonly signal?: AbortSignal | undefined;
  /** What it leaves running may hold its pipes: it is over with its own end, and nobody reads its stdout. */
  readonly leavesSomething?: boolean;
}

export interface Answer {
  /** How it failed, to follow its name; absent when it ended with 0. */
  readonly failed?: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of more than this nothing can be made. */
const ANSWER_BYTES = 16 * 1024 ** 2;
const LAST_WORDS_BYTES = 4_096;
const PIPE_GRACE_MS = 5_000;

/** Never rejects. */
export async function askProgram(question: Question): Promise<Answer> {
  const { file, argv, env, leavesSomething = false } = question;
  if (question.signal?.aborted) return { failed: 'was stopped', stdout: '', stderr: '' };
  const started = await start({ file, argv, env, cwd: '/', isMute: leavesSomething });
  if (started.kind === 'failed') return { failed: `failed, ${started.why}`, stdout: '', stderr: '' };
  const { child, exited, closed } = started;
  const stop = (why: string): void => {
    stopped ??= why;
    kill(-child.pid!);
  };
  let stopped: string | undefined;
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    stdout += piece;
    if (stdout.length > ANSWER_BYTES) stop('says too much');
  });
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    stderr = (stderr + piece).slice(-LAST_WORDS_BYTES);
  });
  using _ = limits(question, stop);
  const exit = await exited;
  // Its last words may lie in the pipe still.
  await (leavesSomething ? new Promise(setImmediate) : within(closed, PIPE_GRACE_MS));
  for (const stream of child.stdio) stream?.destroy();
  const failed = stopped ?? howFailed(exit);
  return { stdout, stderr: stderr.trim(), ...(failed !== undefined && { failed }) };
}

function howFailed({ code, signal }: Exit): string | undefined {
  if (signal !== null) return `was killed by ${signal}`;
  return code === 0 ? undefined : `ended with ${code}`;
}

function limits({ ms, signal }: Question, stop: (why: string) => void): Disposable {
  const abort = (): void => stop('was stopped');
  const timer = afterATurn(() => stop(`did not end within ${Math.round(ms / 1_000)} s`), ms);
  signal?.addEventListener('abort', abort, { once: true });
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}
