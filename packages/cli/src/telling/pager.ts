/** Long text on a terminal, through the pager its operator chose: the rules are git's own. */
import { spawn } from 'node:child_process';
import { operatorPager } from '@swarm/git';
import { operatorEnv } from '../preparing/signing.ts';
import type { Context } from '../program/context.ts';

/** What git gives its pager where the operator says nothing: it ends on one screen, and lets colour through. */
const PAGER_ENV = { LESS: 'FRX', LV: '-c' };

/** Prints as any result does where stdout is no terminal, or there is no pager. */
export async function page(text: string, { env, output }: Context): Promise<void> {
  const pager = output.columns === undefined ? 'cat' : await pagerOf(env);
  if (pager === 'cat' || pager === '' || !(await through(pager, `${text}\n`, env))) output.result(text);
}

async function pagerOf(env: Context['env']): Promise<string> {
  return env.GIT_PAGER ?? (await operatorPager(operatorEnv(env))) ?? env.PAGER ?? 'less';
}

/** False where it could not be started. */
function through(pager: string, text: string, env: Context['env']): Promise<boolean> {
  const child = spawn('sh', ['-c', pager], {
    env: { ...PAGER_ENV, ...env },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    // 126 and 127: the shell found no such program, and nothing was shown.
    child.once('close', (code) => resolve(code !== 126 && code !== 127));
    // Whoever has seen enough leaves before the end.
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}
