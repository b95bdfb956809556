/** `swarm init`: asks little, shows what it would write, and writes swarm.toml. */
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { type LoadedConfig, loadConfig, NO_FLAGS } from '../config/load.ts';
import { type Starter, starterToml } from '../config/starter.ts';
import { askText, askYesNo, isSomebodyThere } from '../preparing/ask.ts';
import { checkoutFacts } from '../preparing/checkout-facts.ts';
import { detect } from '../preparing/detect.ts';
import { locate } from '../preparing/locate.ts';
import type { Context } from '../program/context.ts';

export interface InitOptions {
  readonly repo?: string | undefined;
  readonly yes?: true | undefined;
  readonly force?: true | undefined;
  readonly json?: true | undefined;
}

export async function init(options: InitOptions, context: Context): Promise<number> {
  const folder = await workTree(options, context);
  const file = join(folder, 'swarm.toml');
  if (existsSync(file) && !options.force) throw alreadyThere(file);
  if (!options.yes && !isSomebodyThere()) throw nobodyToAsk();
  const found = await find(folder, context);
  const starter = options.yes ? found : await asked(found);
  const text = starterToml(starter);
  if (!options.json) context.output.narrate(`${file}:\n\n${text}`);
  if (!options.yes && !(await askYesNo('Write this?'))) {
    context.output.narrate('nothing was written');
    return 1;
  }
  await writeNew(file, text, options.force === true);
  say(file, starter, options, context);
  return 0;
}

async function workTree(options: InitOptions, context: Context): Promise<string> {
  const { path, isBare, exists } = await locate(options.repo, context);
  if (exists && !isBare) return path;
  throw new SwarmError({
    code: 'SW0301',
    what: exists ? `${path} is a bare repository` : `there is no git repository at ${path}`,
    where: path,
    why: 'swarm.toml is a file of the work tree, to be committed with the project',
    fix: exists ? 'git clone it, and run swarm init there' : 'git init',
  });
}

const alreadyThere = (file: string): SwarmError =>
  new SwarmError({
    code: 'SW0102',
    what: 'there is a swarm.toml already',
    where: file,
    fix: 'swarm init --force   # replaces it; or edit it, and let swarm doctor look at it',
  });

const nobodyToAsk = (): SwarmError =>
  new SwarmError({
    code: 'SW0101',
    what: 'nobody can be asked: this is no terminal',
    fix: 'swarm init --yes   # takes what is found',
  });

/** As a run would find them: in the target's commit, with the operator's own configuration below. */
async function find(folder: string, context: Context): Promise<Starter> {
  const loaded = await operatorConfig(context);
  const { checkout } = await checkoutFacts(
    { path: folder, isBare: false, exists: true },
    loaded.config,
    context,
  );
  const commands = await detect(
    checkout,
    { ...loaded.config, gate: withoutCommand(loaded) },
    'planner',
    context,
  );
  const { gate, setup, why } = commands;
  return {
    gate,
    setup,
    found: why.filter((clause) => !clause.startsWith('no ')),
    workers: loaded.config.workers.max,
  };
}

const operatorConfig = ({ env }: Context): Promise<LoadedConfig> =>
  loadConfig({ env, flags: NO_FLAGS, isTrustGiven: false });

/** The operator's own gate is for repositories without one; a project's file gets the project's. */
function withoutCommand({ config }: LoadedConfig): LoadedConfig['config']['gate'] {
  const { command: _, ...rest } = config.gate;
  return rest;
}

async function asked(found: Starter): Promise<Starter> {
  const gate = await askText('The command that must pass before a change lands', found.gate ?? 'none yet');
  const setup = await askText('The command that prepares a fresh clone', found.setup ?? 'none');
  return {
    ...found,
    gate: gate === 'none yet' ? undefined : gate,
    setup: setup === 'none' ? undefined : setup,
    found: gate === found.gate ? found.found : [],
  };
}

/** Whole or not at all; without `--force` a file that came meanwhile is not replaced. */
async function writeNew(file: string, text: string, mayReplace: boolean): Promise<void> {
  const place = mayReplace ? `${file}.${process.pid}.tmp` : file;
  try {
    const handle = await open(place, 'wx', 0o644);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    if (mayReplace) await rename(place, file);
  } catch (error) {
    if (mayReplace) await rm(place, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(file);
    throw new SwarmError(
      {
        code: 'SW0701',
        what: `${file} cannot be written: ${(error as Error).message}`,
        fix: `ls -ld ${file}`,
      },
      { cause: error },
    );
  }
}

function say(file: string, { gate, setup }: Starter, { json }: InitOptions, { output }: Context): void {
  if (json) output.json({ written: file, gate: gate ?? null, setup: setup ?? null });
  else output.result(`wrote ${file}`);
  if (gate === undefined)
    output.narrate('no gate was found: write one into [gate], or every run needs --gate');
  if (!json)
    output.result('next: swarm doctor · git add swarm.toml && git commit · swarm run "what you want done"');
}
