/** What the machine's facts mean for a run. Pure. */
import { groupText } from '@swarm/core/views/words';
import { shellWord } from '../telling/shell.ts';
import { type Check, failed, note, ok } from './check.ts';
import type { MachineFacts } from './machine.ts';

const GIB = 1024 ** 3;
/** Below this a run is refused a clean bill: hub, one environment and a few workspaces of a middling project. */
const DISK_MIN_BYTES = GIB;
const DISK_COMFORT_BYTES = 5 * GIB;
/**
 * Files open at once. A run was seen to hold 32 with one worker and 60 with eight (`ls /proc/<pid>/fd`): four a worker,
 * for the pipes of its sandbox. Four times that, for connections to the gateway, gates and setups beside it.
 */
const FILES_FIXED = 128;
const FILES_PER_WORKER = 16;

export function machineChecks(facts: MachineFacts, workers: number): readonly Check[] {
  return [nodeCheck(facts), stateCheck(facts), diskCheck(facts), filesCheck(facts, workers)];
}

export function gitCheck(facts: MachineFacts, version: string | undefined): Check {
  if (facts.gitFault === undefined)
    return ok('git', `${version ? `${version}; ` : ''}merges and moves branches as landing needs`);
  return failed('git', {
    code: 'SW0306',
    what: `git ${version ?? ''} cannot do what landing needs`.replace('  ', ' '),
    why: facts.gitFault,
    fix: 'apt-get install git   # 2.38 or newer',
  });
}

const nodeCheck = ({ node }: MachineFacts): Check => ok('node', node);

function stateCheck({ stateFolder, stateFault }: MachineFacts): Check {
  if (stateFault === undefined) return ok('state', `${stateFolder} can be written`);
  return failed('state', {
    code: 'SW0701',
    what: `the state directory ${stateFolder} cannot be written`,
    why: stateFault,
    fix: `mkdir -p ${shellWord(stateFolder)} && ls -ld ${shellWord(stateFolder)}   # or export XDG_STATE_HOME=<folder>`,
  });
}

function diskCheck({ freeBytes, stateFolder }: MachineFacts): Check {
  if (freeBytes === undefined) return note('disk', 'the system does not say how much is free');
  const free = `${sizeText(freeBytes)} free for ${stateFolder}`;
  if (freeBytes >= DISK_COMFORT_BYTES) return ok('disk', free);
  if (freeBytes >= DISK_MIN_BYTES) return note('disk', `${free}; swarm clean gives some back`);
  return failed('disk', {
    code: 'SW0701',
    what: `the disk is nearly full: ${free}`,
    why: `a run needs at least ${sizeText(DISK_MIN_BYTES)} for clones and prepared environments`,
    fix: 'swarm clean',
  });
}

function filesCheck({ openFilesMax }: MachineFacts, workers: number): Check {
  if (openFilesMax === undefined) return note('files', 'the system does not say how many may be open');
  const needed = FILES_FIXED + FILES_PER_WORKER * workers;
  const detail = `${groupText(openFilesMax)} may be open, about ${groupText(needed)} are needed for ${workers} workers`;
  if (openFilesMax >= needed) return ok('files', detail);
  return failed('files', {
    code: 'SW0105',
    what: `too few files may be open: ${detail}`,
    where: 'workers.max',
    fix: `ulimit -n ${needed}   # or --workers ${Math.max(1, Math.floor((openFilesMax - FILES_FIXED) / FILES_PER_WORKER))}`,
  });
}

/** `850 B`, `12.3 MB`, `4.0 GB`, in powers of 1,000 as `df -H` shows them. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
