/** What a replay is prepared from: the cassette says whom the recorded run asked, and what was wanted. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { type CassetteHead, cassetteExists, endpointsOnTape, openTape } from '@swarm/llm';
import type { LoadedConfig } from '../config/load.ts';
import type { RunOptions } from '../program/options.ts';
import { replayFlags } from '../running/replay-flags.ts';
import type { RunFile } from '../running/run-file.ts';
import { sanitizeLine } from '../telling/output.ts';
import { shellWord } from '../telling/shell.ts';

type Flags = Pick<RunOptions, 'record' | 'replay' | 'dryRun' | 'plan'>;

/** What cannot be wanted together, and a file that would be written over. */
export function cassetteProblems({ record, replay, dryRun }: Flags, cwd: string): readonly Problem[] {
  if (record !== undefined && replay !== undefined)
    return [together('--record', '--replay', `swarm run --replay ${shellWord(replay)}`)];
  const flag = record === undefined ? '--replay' : '--record';
  const file = record ?? replay;
  if (file === undefined) return [];
  if (dryRun) return [together(flag, '--dry-run', `swarm run … ${flag} ${shellWord(file)}`)];
  if (record === undefined) return [];
  const path = resolve(cwd, record);
  if (existsSync(path)) return [{ ...cassetteExists(record) }];
  return existsSync(dirname(path)) ? [] : [noFolder(record, dirname(path))];
}

const together = (one: string, other: string, fix: string): Problem => ({
  code: 'SW0101',
  what: `${one} and ${other} do not go together`,
  where: one,
  fix,
});

const noFolder = (record: string, folder: string): Problem => ({
  code: 'SW0101',
  what: `${record} cannot be made: there is no folder for it`,
  where: '--record',
  fix: `mkdir -p ${shellWord(folder)}`,
});

/** What run.json pins. */
export function cassetteOf({ record, replay }: Flags, cwd: string): RunFile['cassette'] {
  if (record !== undefined) return { mode: 'record', path: resolve(cwd, record) };
  return replay === undefined ? undefined : { mode: 'replay', path: resolve(cwd, replay) };
}

/** What a replay has to know before it begins. */
export interface Recorded {
  readonly head: CassetteHead;
  readonly notices: readonly string[];
}

/** Errors: SW0207 for what cannot be played; SW0103 where tasks came from a file and none is given, or the other way. */
export async function readRecorded({ replay, plan }: Flags, cwd: string): Promise<Recorded | undefined> {
  if (replay === undefined) return undefined;
  const tape = await openTape(resolve(cwd, replay));
  await tape.close();
  const { head, tornBytes, wasResumed } = tape;
  if ((head.mode === 'plan') !== (plan !== undefined)) throw new SwarmError(otherPlan(head, replay));
  const notices = [
    ...(tornBytes > 0
      ? [`the last line of ${replay} is not whole, and is not played (${tornBytes} bytes)`]
      : []),
    ...(wasResumed ? [`the recorded run was stopped and taken up again: its replay may end there`] : []),
  ];
  return { head, notices };
}

const otherPlan = ({ mode }: CassetteHead, replay: string): Problem => ({
  code: 'SW0103',
  what:
    mode === 'plan'
      ? 'the recorded run had its tasks from --plan'
      : 'the recorded run had its tasks from a planner',
  where: replay,
  fix:
    mode === 'plan'
      ? `swarm run --plan tasks.json --replay ${shellWord(replay)}`
      : `swarm run --replay ${shellWord(replay)}`,
});

/** The recorded run's models at endpoints that nobody can reach, whatever is configured: no key is needed. */
export function asRecorded(loaded: LoadedConfig, { head }: Recorded): LoadedConfig {
  const endpoints = endpointsOnTape(head).map(({ name, baseUrl, dialect = 'chat', weight = 100 }) => ({
    name,
    baseUrl,
    dialect,
    weight,
  }));
  return {
    ...loaded,
    config: { ...loaded.config, endpoints, models: { ...loaded.config.models, ...head.models } },
  };
}

/** Where this run is not as the recorded one was: each may be the first divergence. What the file says is cleaned. */
export function differences({ head }: Recorded, file: RunFile, base: string): readonly string[] {
  const { settings } = head;
  const now = replayFlags(file);
  const flags = [...new Set([...Object.keys(now), ...Object.keys(settings)])].filter(
    (flag) => settings[flag] !== now[flag],
  );
  const said = flags.map((flag) =>
    settings[flag] === undefined ? `no ${flag}` : `${flag} ${shellWord(settings[flag])}`,
  );
  return [
    ...(head.base === base
      ? []
      : [`began at ${head.base.slice(0, 10)}, and ${file.target} is at ${base.slice(0, 10)}`]),
    ...(said.length === 0 ? [] : [`had ${said.join(', ')}`]),
    ...(head.swarm === file.version ? [] : [`was of swarm ${head.swarm}, and this is ${file.version}`]),
  ].map((what) => sanitizeLine(`the recorded run ${what}`, 400));
}
