/** Works on one run from lock to summary: what `run`, `resume` and `demo` share. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunId, SwarmError } from '@swarm/core';
import { acquireLock, heldProblem, type Lock } from '@swarm/journal';
import type { Orchestrator } from '@swarm/orchestrator';
import { type Composed, compose } from './compose.ts';
import { problemsJson, renderProblems } from './errors.ts';
import type { Opening } from './gather.ts';
import { createLive } from './live.ts';
import { excludeRuns, type RepositoryPaths, runPaths } from './paths.ts';
import type { ProgramPlaces } from './places.ts';
import type { Context } from './program.ts';
import { type RunFile, writeRunFile } from './run-file.ts';
import { writeWhole } from './run-files.ts';
import { exitCodeOfRun, nextCommands, problemOf, summaryOf } from './summary.ts';

export interface WorkAsk {
  readonly file: RunFile;
  readonly repository: RepositoryPaths;
  readonly places: ProgramPlaces;
  readonly context: Context;
  readonly isJson: boolean;
  readonly isStrict: boolean;
  /** Present when the run is new. */
  readonly opening?: Opening;
  /** Git directory whose `info/exclude` keeps runs out of `git status`; absent for a bare repository. */
  readonly commonDir?: string;
  /** Trusted texts of the repository's own prompts, by file name; kept with the run when it opens. */
  readonly promptOverrides?: ReadonlyMap<string, string>;
  /** Say what to type next; true when absent. */
  readonly saysNext?: boolean;
}

export async function work(ask: WorkAsk): Promise<number> {
  const { file, repository, context } = ask;
  const lock = await lockRepository(repository, file.run);
  try {
    const paths = runPaths(repository, file.run);
    if (ask.opening) {
      if (ask.commonDir) await excludeRuns(ask.commonDir);
      await writeRunFile(paths, file);
      for (const [name, text] of ask.promptOverrides ?? []) await writeWhole(join(paths.prompts, name), text);
    }
    let composed: Composed | undefined;
    const live = createLive({
      output: context.output,
      isJson: ask.isJson,
      state: () => composed?.orchestrator.state,
      stderr: process.stderr,
    });
    const { opening, places } = ask;
    composed = await compose({
      ...{ file, repository, paths, places, env: context.env, onLine: live.line },
      ...(opening && { opening }),
    });
    return await runToItsEnd(ask, composed, live.end);
  } finally {
    await lock.release();
  }
}

async function runToItsEnd(
  ask: WorkAsk,
  { orchestrator, close }: Composed,
  endLive: () => void,
): Promise<number> {
  const { context } = ask;
  const release = onSignals(orchestrator, (text) => context.output.narrate(text));
  try {
    const outcome = await orchestrator.run();
    endLive();
    const { state } = orchestrator;
    const problem = problemOf(outcome);
    if (problem)
      context.output.narrate(
        ask.isJson ? problemsJson([problem]) : renderProblems([problem], context.output.narrationInk),
      );
    if (!ask.isJson) {
      context.output.result(summaryOf(outcome, state, context.output.ink));
      if (ask.saysNext !== false) context.output.result(`next: ${nextCommands(outcome, state).join(' · ')}`);
    }
    return exitCodeOfRun(outcome, state, ask.isStrict);
  } finally {
    endLive();
    release();
    await close();
  }
}

/** One orchestrator per repository. Errors: SW0501, naming who holds it and since when. */
export async function lockRepository(repository: RepositoryPaths, run: RunId): Promise<Lock> {
  await mkdir(repository.state, { recursive: true, mode: 0o700 });
  const lock = await acquireLock({
    key: repository.repository,
    about: { pid: process.pid, since: Date.now(), run },
    infoFile: join(repository.state, 'lock.json'),
  });
  if (lock.kind === 'lock') return lock;
  throw new SwarmError(heldProblem(lock, repository.repository, (ms) => new Date(ms).toISOString()));
}

/** First Ctrl-C drains and saves, second kills workers, third exits; each says so. */
function onSignals(orchestrator: Orchestrator, say: (text: string) => void): () => void {
  let times = 0;
  const handle = (): void => {
    times += 1;
    if (times === 1) {
      say('stopping: nothing new starts, what is in flight may finish (30 s); again to end it now');
      orchestrator.signal('drain');
    } else if (times === 2) {
      say('ending what is in flight; again to leave at once');
      orchestrator.signal('kill');
    } else {
      process.exit(130);
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
