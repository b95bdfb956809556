/** Works on one run from lock to summary: what `run`, `resume` and `demo` share. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import { isOpened } from '@swarm/core/state';
import { acquireLock, heldProblem, type Lock } from '@swarm/journal';
import type { AgainCommand } from '@swarm/orchestrator';
import { type Control, listen } from '../control/server.ts';
import { controlSocketPath } from '../finding/control-socket.ts';
import { remember } from '../finding/door.ts';
import { newRunPaths, type RepositoryPaths, type RunPaths } from '../finding/paths.ts';
import type { LocalHosts } from '../hosts/local-hosts.ts';
import type { ProgramPlaces } from '../places.ts';
import { foreseer } from '../preparing/foresee.ts';
import type { Opening } from '../preparing/opening.ts';
import type { Context } from '../program/context.ts';
import { exitCodeFor, problemsJson, renderProblems } from '../telling/errors.ts';
import { createLive, type Live, type LiveAsk } from '../telling/live.ts';
import { plannerWords } from '../telling/planner-words.ts';
import { exitCodeOfRun, nextCommands, nextText, problemOf, summaryOf } from '../telling/summary.ts';
import { Terminal } from '../telling/terminal.ts';
import { keepTitle } from '../telling/title.ts';
import { approver } from './approving.ts';
import type { Carrying } from './carrying.ts';
import { type Composed, compose } from './compose.ts';
import { thisProgram } from './launched.ts';
import { type RunFile, writeRunFile } from './run-file.ts';
import { writeWhole } from './run-files.ts';
import { onSignals } from './signals.ts';
import { boundMemory } from './young-memory.ts';

export interface WorkAsk {
  readonly file: RunFile;
  readonly repository: RepositoryPaths;
  readonly places: ProgramPlaces;
  readonly context: Context;
  readonly isJson: boolean;
  readonly isStrict: boolean;
  /** Present when the run is new. */
  readonly opening?: Opening;
  /** The run's description until now, where the operator changed it. */
  readonly before?: RunFile;
  /** What the operator wants besides, of a run that is there already. */
  readonly again?: readonly AgainCommand[];
  /** Where the run lies that is there already. */
  readonly paths?: RunPaths;
  /** Trusted texts of the repository's own prompts, by file name; kept with the run when it opens. */
  readonly promptOverrides?: ReadonlyMap<string, string>;
  /** `--yes`: where the run's first plan waits for a person, this is what they say. */
  readonly isYes?: boolean;
  /** Say what to type next; true when absent. */
  readonly saysNext?: boolean;
  /** Tells the run while it goes on. Absent: on this terminal. */
  readonly live?: (ask: LiveAsk) => Live;
}

export async function work(ask: WorkAsk): Promise<number> {
  const { repository, context } = ask;
  boundMemory();
  const lock = await lockRepository(repository, ask.file.run);
  let restoreTitle = (): void => undefined;
  let hosts: LocalHosts | undefined;
  try {
    const paths = placeOf(ask);
    const control = await controlSocketPath(repository, ask.file.run, context.env);
    const file: RunFile = { ...ask.file, control };
    // A resumed run may listen elsewhere: the place depends on who started it, and how.
    if (ask.before) await remember(repository, ask.before, context.env, file);
    if (ask.opening || ask.before || ask.file.control !== control) {
      await writeRunFile(paths, file);
      await remember(repository, file, context.env);
    }
    if (ask.opening) {
      for (const [name, text] of ask.promptOverrides ?? []) await writeWhole(join(paths.prompts, name), text);
    }
    let composed: Composed | undefined;
    const state = () => composed?.orchestrator.state;
    const around = { before: () => live.stepAside?.(), after: () => live.comeBack?.() };
    const terminal = new Terminal((line) => live.line(line), around);
    const live: Live = (ask.live ?? createLive)({
      output: context.output,
      isJson: ask.isJson,
      state,
      isTaken: () => terminal.isTaken,
      endpoints: file.config.endpoints.map(({ name }) => name),
      stderr: process.stderr,
    });
    if (!ask.isJson) restoreTitle = keepTitle({ stderr: process.stderr, env: context.env, state });
    const leave = (): void => composed?.orchestrator.signal('drain');
    const afterYes = 'the plan is approved; what is planned later goes ahead as it comes';
    const foresee = foreseer({ repository, config: file.config, env: context.env });
    const approval = { context, terminal, isYes: ask.isYes === true, foresee, leave, afterYes };
    const { opening, places, again } = ask;
    hosts = await localHosts(ask);
    composed = await compose({
      file: hosts ? { ...file, hosts: hosts.hosts } : file,
      repository,
      paths,
      places,
      env: context.env,
      onLine: (line) => terminal.line(line),
      ...(opening && { opening }),
      ...(again && { again }),
      ...(file.approve && { approve: approver(approval) }),
    });
    return await runToItsEnd({ ...ask, file }, composed, terminal, live);
  } finally {
    restoreTitle();
    await hosts?.close();
    await lock.release();
  }
}

/** `--hosts N`: processes of this machine, which end with the run's own. */
async function localHosts({ file, repository, context }: WorkAsk): Promise<LocalHosts | undefined> {
  const count = file.hosts?.local;
  if (count === undefined) return undefined;
  const { startLocalHosts } = await import('../hosts/local-hosts.ts');
  return startLocalHosts({
    count,
    slots: file.config.workers.max,
    state: repository.state,
    sandbox: file.sandbox,
    env: context.env,
    shown: [...(file.config.shown?.env ?? []), ...(file.config.shown?.setupEnv ?? [])],
    program: thisProgram(),
    tell: (line) => context.output.narrate(line),
  });
}

const placeOf = ({ paths, repository, file }: WorkAsk): RunPaths =>
  paths ?? newRunPaths(repository, file.run);

async function runToItsEnd(
  ask: WorkAsk,
  { orchestrator, carrying, close, workers }: Composed,
  terminal: Terminal,
  live: Live,
): Promise<number> {
  const { context } = ask;
  const signals = onSignals(orchestrator, terminal, (text) => live.say(text));
  let control: Control | undefined;
  try {
    control = await listen(ask.file.control!, {
      run: ask.file.run,
      journal: placeOf(ask).journal,
      state: () => orchestrator.state,
      ask: (command) => orchestrator.ask(command),
      undo: (ask) => orchestrator.undo(ask),
      propose: (text) => orchestrator.propose(text),
      isStopping: signals.haveCome,
      ...(workers && { workers }),
    });
    await claimRun(carrying);
    const outcome = await orchestrator.run();
    live.end();
    // Before anything is told of it: a journal that is gone by now is found out here, and the run is no success then.
    await close();
    const { state } = orchestrator;
    const problem = carrying?.taken ?? problemOf(outcome, state);
    if (problem)
      context.output.narrate(
        ask.isJson ? problemsJson([problem]) : renderProblems([problem], context.output.narrationInk),
      );
    const { ink, columns } = context.output;
    const words = await plannerWords(placeOf(ask).planner);
    // A run that was stopped before it was opened has its problem to tell, and no more.
    if (!ask.isJson && isOpened(state)) {
      context.output.result(summaryOf(outcome, state, { ink, columns, words }));
      if (ask.saysNext !== false) context.output.result(nextText(nextCommands(outcome, state), columns));
    }
    return carrying?.taken ? exitCodeFor([carrying.taken]) : exitCodeOfRun(outcome, state, ask.isStrict);
  } finally {
    live.end();
    signals.release();
    await control?.close();
    await close();
  }
}

/** Whose run it is, is said where other machines see it, before anything is done. Errors: SW0501. */
async function claimRun(carrying: Carrying | undefined): Promise<void> {
  await carrying?.claim();
  if (carrying?.taken) throw new SwarmError(carrying.taken);
}

/** One orchestrator per repository. Errors: SW0501, naming who holds it and since when. */
export async function lockRepository(repository: RepositoryPaths, run: RunId): Promise<Lock> {
  await mkdir(repository.state, { recursive: true, mode: 0o700 });
  return lockFolders(repository.repository, [repository.repository, repository.state], run);
}

/** The state of a work tree that is gone. Errors: SW0501, naming who works with it. */
export const lockState = (state: string, run: RunId): Promise<Lock> => lockFolders(state, [state], run);

/** @param folders the last one is the state's. */
async function lockFolders(key: string, folders: readonly string[], run: RunId): Promise<Lock> {
  const lock = await acquireLock({
    key,
    about: { pid: process.pid, since: Date.now(), run },
    folders,
    infoFile: join(folders.at(-1)!, 'lock.json'),
  });
  if (lock.kind === 'lock') return lock;
  throw new SwarmError(heldProblem(lock, key, (ms) => new Date(ms).toISOString()));
}
