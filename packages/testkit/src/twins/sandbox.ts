import { SwarmError } from '@swarm/core/errors';
import type { Room, RoomCommand, Sandbox, SandboxResult } from '@swarm/core/ports/running';
import type { Incarnation } from '../sim/scheduler.ts';
import { FULL, type SimWorkspace, type World } from '../sim/world.ts';
import { CONFLICT_MARKER, nameOf, type Tree } from './objects.ts';
import { BREAK, CLASH, LOCKFILE } from './words.ts';
import { SAVE, save, workspaceAt } from './workspaces.ts';

/**
 * Runs the few commands the simulated repositories know, as functions of the work tree: `gate` and `checks` refuse
 * BREAK and conflict markers anywhere, CLASH in two places and, where there is a setup, an environment that is not there;
 * `has <path> <word>` looks for a word in a file, `setup` makes the environment the lockfile asks for, `git` finds a
 * work tree as it was checked out. On a full disk none of them ends well.
 */
export function twinSandbox(world: World, inc: Incarnation): Sandbox {
  return {
    provider: 'none',
    open: async ({ workspace }) => twinRoom(world, inc, workspace),
    reap: () =>
      world.happen(inc, 20, () => {
        world.strays.clear();
        return 0;
      }),
  };
}

/** Shows everything where it lies; nobody here has files placed or talks to a process. */
function twinRoom(world: World, inc: Incarnation, path: string): Room {
  const none = (what: string) =>
    new SwarmError({ code: 'SW0801', what: `the sandbox twin knows no ${what}` });
  return {
    workspace: path,
    shown: (mount) => mount.host,
    sees: async () => true,
    place: async () => Promise.reject(none('files')),
    outlet: async () => Promise.reject(none('files')),
    collect: async () => ({ kind: 'nothing' }),
    run: (command) =>
      command.argv[0] === SAVE ? runSave(world, inc, path, command) : runCommand(world, inc, path, command),
    start: () => {
      throw none('processes');
    },
    close: async () => {},
  };
}

/** A save goes on in a stray process, and may reach the intake after its orchestrator is dead. */
function runSave(world: World, inc: Incarnation, path: string, spec: RoomCommand): Promise<SandboxResult> {
  const workspace = workspaceAt(world, path);
  const isBroken = world.hits('save');
  return world.happen(inc, world.random.between(5, 400), () => {
    if (world.isFull) return ended('exited', 1, `fatal: unable to write object: ${FULL}`, 100);
    if (!workspace || isBroken) return ended('exited', 1, 'cannot commit', 100);
    save(world, workspace, spec.argv[1]!);
    return ended('exited', 0, '', 100);
  });
}

async function runCommand(
  world: World,
  inc: Incarnation,
  path: string,
  spec: RoomCommand,
): Promise<SandboxResult> {
  const command = spec.argv.at(-1)!;
  const workspace = workspaceAt(world, path);
  const fault = world.hits('gate')
    ? world.random.pick(['fails', 'timeout', 'killed', 'cannot-run'] as const)
    : undefined;
  const durationMs = fault === 'timeout' ? spec.limits.wallMs : world.random.between(100, world.commandMsMax);
  const isThrough = await inc.waitUnless(spec.signal, durationMs);
  if (!isThrough) return ended('aborted', undefined, '', durationMs);
  if (!workspace || fault === 'cannot-run') world.gatesBroken += 1;
  if (!workspace || fault === 'cannot-run')
    return ended('cannot-run', undefined, 'no such folder', durationMs);
  if (fault === 'timeout' || fault === 'killed') return ended(fault, undefined, '', durationMs);
  const output = fault === 'fails' ? tap(['it works today']) : complaint(world, command, workspace);
  // As the real one: line by line while it runs, of which the result keeps the beginning and the end.
  for (const line of (output ?? '').split('\n')) spec.onLine?.('stdout', line);
  return ended('exited', output ? 1 : 0, output ?? '', durationMs);
}

/** What the command has to say against the work tree; undefined when it passes. */
function complaint(world: World, command: string, workspace: SimWorkspace): string | undefined {
  const [name, path, word] = command.split(' ');
  if (world.isFull) return `${name}: ${FULL}`;
  const needed = environmentOf(workspace.tree);
  switch (name) {
    case 'gate':
    case 'checks':
      if (world.hasSetup && workspace.environment !== needed) return tap([`${needed} is not installed`]);
      return tap(brokenFiles(workspace.tree).map((file) => `no ${BREAK} in ${file}`));
    case 'has':
      return workspace.tree.get(path!)?.includes(word!) ? undefined : `no ${word} in ${path}`;
    case 'setup':
      if (world.hits('setup')) return 'the registry does not answer';
      workspace.environment = needed;
      return undefined;
    case 'git':
      return undefined;
    default:
      throw new Error(`the sandbox twin does not know the command ${command}`);
  }
}

/** The name of the environment a work tree needs: a plain word, whatever agents wrote into the lockfile. */
export const environmentOf = (tree: Tree | undefined): string =>
  nameOf(tree?.get(LOCKFILE) ?? '').slice(0, 12);

/** What a test runner prints of its failures; undefined when there are none. */
function tap(failures: readonly string[]): string | undefined {
  if (failures.length === 0) return undefined;
  const lines = failures.map((title, i) => `not ok ${i + 1} - ${title}`);
  return ['TAP version 13', ...lines, `1..${failures.length}`].join('\n');
}

export function brokenFiles(tree: Tree): string[] {
  const holding = (word: string) => [...tree].filter(([, text]) => text.includes(word)).map(([path]) => path);
  const clashing = holding(CLASH);
  return [...holding(BREAK), ...holding(CONFLICT_MARKER), ...(clashing.length > 1 ? clashing : [])];
}

const ended = (
  end: SandboxResult['end'],
  exitCode: number | undefined,
  output: string,
  durationMs: number,
): SandboxResult => ({ end, exitCode, output, durationMs });
