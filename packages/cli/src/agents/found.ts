/**
 * Where the agents people have lie: in a sandbox of programs of its own, else on this machine, on the operator's PATH or
 * where swarm installed them.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { isPreset, PRESET_NAMES, PRESETS, type Preset, type PresetName, type Processor } from '@swarm/agent';
import { findOnPath } from '@swarm/sandbox';
import { whyNotShown } from '../config/shown.ts';
import { type Environment, homeOf, stateHome } from '../finding/paths.ts';
import { offerFor } from '../preparing/toolchains.ts';

export interface FoundAgent {
  readonly name: PresetName;
  readonly from: 'sandbox' | 'PATH' | 'swarm';
  /** The program itself, links resolved; as commands see it where it is the sandbox's own. */
  readonly file: string;
  /** It is started by our own Node: npm's programs of an older Node are often older programs. */
  readonly isScript: boolean;
  /** What has to be shown of it, read-only, where it lies. */
  readonly shows: readonly string[];
  /** As its package says; undefined where there is no package around it. */
  readonly version: string | undefined;
}

/** A program that is there and cannot be shown in a sandbox. */
export interface HiddenAgent {
  readonly name: PresetName;
  readonly file: string;
  readonly why: string;
}

export interface Agents {
  readonly found: readonly FoundAgent[];
  readonly hidden: readonly HiddenAgent[];
}

export const agentsFolder = (env: Environment): string => join(stateHome(env), 'agents');

/** `<state>/agents/claude-2.1.332` */
export const installFolder = ({ name, npm }: Preset, env: Environment): string =>
  join(agentsFolder(env), `${name}-${npm.version}`);

/** Where commands find these programs in a sandbox whose programs are its own. */
export type Inside = (programs: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** @param inside absent: the sandbox shows this machine's own system. */
export async function findAgents(
  env: Environment,
  names: readonly string[] = PRESET_NAMES,
  inside?: Inside,
): Promise<Agents> {
  const presets = names.filter(isPreset).map((name) => PRESETS[name]);
  const its = presets.length > 0 ? await inside?.(presets.map(({ program }) => program)) : undefined;
  const looked = await Promise.all(presets.map((preset) => look(preset, env, its)));
  const there = looked.filter((one) => one !== undefined);
  return {
    found: there.filter((one) => 'shows' in one),
    hidden: there.filter((one) => 'why' in one),
  };
}

type Looked = FoundAgent | HiddenAgent | undefined;

async function look(
  preset: Preset,
  env: Environment,
  its: ReadonlyMap<string, string> | undefined,
): Promise<Looked> {
  const file = its?.get(preset.program);
  if (file?.startsWith('/'))
    return { name: preset.name, from: 'sandbox', file, isScript: false, shows: [], version: undefined };
  const here = await lookHere(preset, env);
  // Nothing of this machine's system is there.
  if (its === undefined || !here || !('shows' in here) || here.shows.length > 0) return here;
  return { name: preset.name, file: here.file, why: 'the sandbox has a system of its own, without it' };
}

async function lookHere(preset: Preset, env: Environment): Promise<Looked> {
  const named = await findOnPath(preset.program, env.PATH ?? '');
  const onPath = named === undefined ? undefined : await onTheirs(preset, realpathSync(named), env);
  if (onPath && 'shows' in onPath) return onPath;
  const modules = join(installFolder(preset, env), 'node_modules');
  const own = await programIn(modules, preset);
  if (own === undefined) return onPath;
  return described(preset, { from: 'swarm', file: own, modules, shows: [modules] });
}

async function onTheirs(preset: Preset, real: string, env: Environment): Promise<FoundAgent | HiddenAgent> {
  const modules = modulesAround(real);
  // What npm put on PATH may only look for the real program; without install scripts it may not even find it.
  const file = (modules && (await programIn(modules, preset))) ?? real;
  const shows = isSystem(file) ? [] : modules ? [modules] : programFolders(file, env);
  const why = shows.map((folder) => whyNotShown(folder, env)).find((one) => one !== undefined);
  if (why !== undefined) return { name: preset.name, file, why };
  return described(preset, { from: 'PATH', file, modules, shows });
}

async function described(
  { name, npm }: Preset,
  {
    from,
    file,
    modules,
    shows,
  }: Pick<FoundAgent, 'from' | 'file' | 'shows'> & { readonly modules: string | undefined },
): Promise<FoundAgent> {
  const version = modules && versionIn(join(modules, npm.package, 'package.json'));
  return { name, from, file, isScript: await isScript(file), shows, version };
}

/** The outermost `node_modules` around a file: what a program needs beside itself lies in it. */
function modulesAround(file: string): string | undefined {
  const at = file.indexOf('/node_modules/');
  return at === -1 ? undefined : file.slice(0, at + '/node_modules'.length);
}

async function programIn(modules: string, { npm }: Preset): Promise<string | undefined> {
  const processor: Processor = process.arch === 'arm64' ? 'arm64' : 'x64';
  // What is installed globally has what it needs below itself.
  const places = [modules, join(modules, npm.package, 'node_modules')];
  for (const file of npm
    .programs(processor)
    .flatMap((program) => places.map((place) => join(place, program)))) {
    if (await canBeRead(file)) return realpathSync(file);
  }
  return undefined;
}

const isSystem = (file: string): boolean => /^\/(?:usr|bin|sbin|lib|lib64|nix\/store)\//.test(file);

/** The folder of a toolchain it belongs to, else its own. */
const programFolders = (file: string, env: Environment): readonly string[] =>
  offerFor({ program: file, file, real: file, folder: dirname(file) }, homeOf(env), () => true)?.folders ?? [
    dirname(file),
  ];

const BEGIN_BYTES = 128;

/** A file for Node: by its name, or by its first line. */
async function isScript(file: string): Promise<boolean> {
  if (['.js', '.mjs', '.cjs'].includes(extname(file))) return true;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(BEGIN_BYTES) });
    return /^#!.*\bnode\b/.test(buffer.toString('latin1', 0, bytesRead).split('\n', 1)[0]!);
  } finally {
    await handle.close();
  }
}

const canBeRead = (file: string): Promise<boolean> =>
  open(file).then(
    (handle) => handle.close().then(() => true),
    () => false,
  );

function versionIn(manifest: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
