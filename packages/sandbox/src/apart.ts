/**
 * A program of ours that stands apart: in a process group of its own, so that a Ctrl-C at the terminal is ours to handle
 * and does not end it. Between its birth and its own group it still hears one; it has done nothing by then, and is
 * started again.
 */
import { spawn } from 'node:child_process';

export interface RanApart {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The first million characters. */
  readonly stdout: string;
  readonly stderr: string;
}

interface Ask {
  /** It is killed then, with what it started. */
  readonly wallMs: number;
  readonly env?: NodeJS.ProcessEnv;
}

const OUTPUT_MAX = 1_000_000;
const BIRTHS_MAX = 5;

/** Rejects where it cannot be started. */
export async function runApart(program: string, args: readonly string[], ask: Ask): Promise<RanApart> {
  for (let birth = 1; ; birth++) {
    const ran = await runOnce(program, args, ask);
    if (ran.signal !== 'SIGINT' || birth === BIRTHS_MAX) return ran;
  }
}

function runOnce(program: string, args: readonly string[], { wallMs, env }: Ask): Promise<RanApart> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const child = spawn(program, args, { detached: true, stdio: [...stdio], ...(env && { env }) });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (piece: string) => {
        said[name] = (said[name] + piece).slice(0, OUTPUT_MAX);
      });
    const late = setTimeout(() => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It ended just now.
      }
    }, wallMs);
    child.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(late);
      resolve({ code, signal, ...said });
    });
  });
}
