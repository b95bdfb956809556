/** `swarm init`: asks little, shows what it would write, and writes swarm.toml. */
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { type Detected, detectCommands } from '../config/detect.ts';
import { hostsWanted, type WantedHost } from '../config/detecting/hosts.ts';
import { type LoadedConfig, loadConfig, NO_FLAGS } from '../config/load.ts';
import { mountText } from '../config/shown.ts';
import { type Starter, starterToml } from '../config/starter.ts';
import type { Check } from '../doctor/check.ts';
import { tryOut } from '../doctor/try-out.ts';
import { allowHosts, notReached } from '../preparing/allow-hosts.ts';
import { askText, askYesNo, isSomebodyThere } from '../preparing/ask.ts';
import { checkoutFacts } from '../preparing/checkout-facts.ts';
import { manifestFacts } from '../preparing/detect.ts';
import { installText } from '../preparing/installs.ts';
import { type Located, locate } from '../preparing/locate.ts';
import { foldersOf, type Other, offersFor, othersThere } from '../preparing/programs.ts';
import { showFolders } from '../preparing/show-folders.ts';
import type { Offer } from '../preparing/toolchains.ts';
import type { Context } from '../program/context.ts';
import { exitCodeFor } from '../telling/errors.ts';
import { sanitize } from '../telling/output.ts';

export interface InitOptions {
  readonly repo?: string | undefined;
  readonly yes?: true | undefined;
  readonly force?: true | undefined;
  readonly runGate?: true | undefined;
  readonly json?: true | undefined;
}

export async function init(options: InitOptions, context: Context): Promise<number> {
  const located = await workTree(options, context);
  const file = join(located.path, 'swarm.toml');
  if (existsSync(file) && !options.force) throw alreadyThere(file);
  if (!options.yes && !isSomebodyThere()) throw nobodyToAsk();
  const found = await foundCommands(located, options, context);
  tellMissing(found, context);
  const egress = await allowHosts(found.hosts, options.yes === true, context);
  const starter = options.yes ? found.starter : await asked(found.starter);
  const text = starterToml(starter);
  if (!options.json) context.output.narrate(`${file}:\n\n${sanitize(text)}`);
  if (!options.yes && !(await askYesNo('Write this?'))) {
    context.output.narrate('nothing was written');
    return 1;
  }
  await writeNew(file, text, options.force === true);
  const checks = await tryOut(located, options.runGate === true, context);
  say({ file, starter, mounts: found.mounts, egress, checks }, options, context);
  const wrong = checks.flatMap(({ problem }) => (problem ? [problem] : []));
  return options.runGate && wrong.length > 0 ? exitCodeFor(wrong) : 0;
}

async function workTree(options: InitOptions, context: Context): Promise<Located> {
  const located = await locate(options.repo, context);
  const { path, isBare, exists } = located;
  if (exists && !isBare) return located;
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

interface FoundCommands {
  readonly starter: Starter;
  /** What has to be shown of this machine for these commands to run as they do outside; empty where all is there. */
  readonly mounts: readonly string[];
  /** What would start instead of the operator's own; undefined where something is just not there. */
  readonly other: Other | undefined;
  /** What setup needs and may not reach. */
  readonly hosts: readonly WantedHost[];
  /** Programs that are nowhere to be had. */
  readonly missing: readonly string[];
  readonly nextBest: Detected['nextBest'];
}

/**
 * As a run would find them, in the target's commit, with the operator's own configuration below. A program below the
 * home folder counts as there when it may be shown, which is asked for.
 */
async function find(
  located: Located,
  loaded: LoadedConfig,
  context: Context,
  mayShow: boolean,
): Promise<FoundCommands> {
  const { config } = loaded;
  const { checkout } = await checkoutFacts(located, config, context);
  const { max: workers } = config.workers;
  if (!checkout.isRepository || !checkout.targetCommit)
    return {
      starter: { gate: undefined, setup: undefined, found: [], workers },
      mounts: [],
      other: undefined,
      hosts: [],
      missing: [],
      nextBest: undefined,
    };
  const at = { commonDir: checkout.commonDir, commit: checkout.targetCommit };
  const { folders, programs, there } = await manifestFacts(at, config, context.env, located.within);
  const others = await othersThere(programs, config, context.env);
  const hidden = programs.filter((program) => !there.has(program) || others.has(program));
  const offers = mayShow ? await offersFor(hidden, context.env) : new Map<string, Offer>();
  const found = detectCommands(folders, (program) => there.has(program) || offers.has(program));
  const shown = new Map([...offers].filter(([program]) => found.needs.includes(program)));
  return {
    starter: {
      gate: found.gate,
      setup: found.setup,
      found: found.why.filter((why) => !why.startsWith('no ')),
      workers,
    },
    mounts: foldersOf(shown).map((folder) => mountText(folder, context.env)),
    other: onlyOther([...shown.keys()], others),
    hosts: found.setup === undefined ? [] : notReached(hostsWanted(folders), config),
    missing: found.missing,
    nextBest: found.nextBest,
  };
}

/** Where nothing is missing, and all that is to be shown is the operator's own in the place of another. */
function onlyOther(shown: readonly string[], others: ReadonlyMap<string, Other>): Other | undefined {
  const [first] = shown;
  return first !== undefined && shown.every((program) => others.has(program)) ? others.get(first) : undefined;
}

const operatorConfig = ({ env }: Context): Promise<LoadedConfig> =>
  loadConfig({ env, flags: NO_FLAGS, isTrustGiven: false });

/** With what the operator lets a sandbox see, and written so where that is more than before. */
async function foundCommands(
  located: Located,
  options: InitOptions,
  context: Context,
): Promise<FoundCommands> {
  const loaded = await operatorConfig(context);
  const found = await find(located, loaded, context, true);
  if (found.mounts.length === 0) return found;
  const isShown = await showFolders(found, options.yes === true, context);
  return isShown ? found : find(located, loaded, context, false);
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

function tellMissing({ missing, nextBest }: FoundCommands, { output }: Context): void {
  for (const program of missing) output.narrate(`the sandbox has no ${program}: ${installText(program)}`);
  if (nextBest) output.narrate(`the next best, which could run at once: ${sanitize(nextBest.gate)}`);
}

interface Written {
  readonly file: string;
  readonly starter: Starter;
  readonly mounts: readonly string[];
  readonly egress: readonly string[];
  readonly checks: readonly Check[];
}

function say(
  { file, starter, mounts, egress, checks }: Written,
  { json }: InitOptions,
  { output }: Context,
): void {
  const { gate, setup } = starter;
  const told = { written: file, gate: gate ?? null, setup: setup ?? null, mounts, egress, checks };
  if (json) output.json(told);
  else output.result(`wrote ${file}`);
  if (gate === undefined)
    output.narrate('no gate was found: write one into [gate], or every run needs --gate');
  for (const { name, detail, problem } of checks) {
    const lines = [problem?.why, problem?.fix && `fix: ${problem.fix}`].filter(Boolean);
    output.narrate(sanitize([`${name}: ${detail}`, ...lines].join('\n  ')));
  }
  if (!json)
    output.result('next: swarm doctor · git add swarm.toml && git commit · swarm run "what you want done"');
}
