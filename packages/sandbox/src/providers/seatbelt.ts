import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount, RoomAsk } from '@swarm/core/ports/running';
import { environmentOf, visibleFolders, type WholeOptions, watchOf, whyNotRun } from '../policy.ts';
import { runProcess } from '../process.ts';
import { type Provider, type SandboxSpec, written } from '../provider.ts';
import { removeTree } from '../remove-tree.ts';
import { cannotRun, resultOf } from '../result.ts';
import type { Launch } from '../starting.ts';
import { type ProfileAsk, seatbeltProfile } from './seatbelt-profile.ts';
import { openWay, withRefused } from './way.ts';

/** Part of macOS; says itself that it is deprecated, and is what Apple's own programs use. */
export const SANDBOX_EXEC = '/usr/bin/sandbox-exec';

/**
 * macOS's own sandbox: the command runs as the user, at the host's own paths, and a profile says what it may read,
 * write and reach. There is no process or network of its own: other processes can be seen, and of this machine's own
 * addresses the loopback is reached, on which the gateway answers. No run on a Mac has been tried.
 */
export function createSeatbelt(options: WholeOptions): Provider {
  return {
    name: 'seatbelt',
    insideOf: (workspace) => workspace,
    shownAt: (mount) => mount.host,
    mounts: async (ask) => mountsOf(ask, options),
    run: (spec) => runProfiled(spec, options),
  };
}

/** What macOS and its developer tools bring; nothing of the user's own. */
export const SYSTEM_READS = [
  ...['/System', '/Library/Apple', '/Library/Developer', '/usr', '/bin', '/sbin', '/opt/homebrew'],
  ...['/private/etc/ssl', '/private/etc/localtime', '/private/var/db/timezone', '/private/var/select'],
  ...['/Applications/Xcode.app', '/dev'],
];

const asItIs = (host: string): Mount => ({ host, inside: host });

const mountsOf = (ask: RoomAsk, options: WholeOptions): Mount[] =>
  [...readsOf(ask, options), ...written(ask), ...SYSTEM_READS].map(asItIs);

const readsOf = ({ readOnly, gatewaySocket }: RoomAsk, options: WholeOptions): string[] => [
  ...[...options.readOnly, ...readOnly].map(({ host }) => host),
  ...[options.nodePath, options.bridgeFile],
  ...(gatewaySocket === undefined ? [] : [gatewaySocket]),
];

async function runProfiled(spec: SandboxSpec, options: WholeOptions) {
  const mounts = mountsOf(spec, options);
  const path = spec.env.PATH ?? visibleFolders(mounts, options.path).join(':');
  const why = await whyNotRun(spec, { mounts, cwd: spec.workspace, path });
  if (why !== undefined) return cannotRun(spec, why);
  const folder = await mkdtemp(`${spec.workspace}.private-`);
  try {
    await using way = await openWay(spec, options);
    const launch = await launchOf(spec, options, { folder, out: way?.socket });
    const filled = [...written(spec), folder];
    const ran = await runProcess(launch, watchOf(spec, options, filled, { canEscape: true }));
    return withRefused(resultOf(ran), way);
  } finally {
    // What stays goes with the workspace, whose name it has, and is told then.
    await removeTree(folder).catch(() => {});
  }
}

async function launchOf(
  spec: SandboxSpec,
  options: WholeOptions,
  { folder, out }: { readonly folder: string; readonly out: string | undefined },
): Promise<Launch> {
  const sockets = [spec.gatewaySocket, out].filter((socket) => socket !== undefined);
  const places = { home: spec.home ?? join(folder, 'home'), temporary: join(folder, 'tmp') };
  await Promise.all(Object.values(places).map((place) => mkdir(place, { recursive: true })));
  const ask: ProfileAsk = {
    reads: await realPaths([...readsOf(spec, options), ...SYSTEM_READS, ...sockets]),
    writes: await realPaths([...written(spec), folder]),
    sockets: await realPaths(sockets),
  };
  const outlets = sockets.map((socket) => (socket === out ? `--out=${socket}` : socket));
  const bridge = sockets.length === 0 ? [] : [options.nodePath, options.bridgeFile, ...outlets, '--'];
  const path = visibleFolders(mountsOf(spec, options), options.path);
  return {
    file: SANDBOX_EXEC,
    argv: ['-p', seatbeltProfile(ask), ...bridge, ...spec.argv],
    cwd: spec.workspace,
    env: environmentOf(spec, options.stateKey, { ...places, path }),
    onStdin: spec.onStdin,
    yields: spec.network === 'agent',
  };
}

/** A profile goes by what links lead to: /tmp and /var are links on macOS. */
const realPaths = (paths: readonly string[]): Promise<string[]> =>
  Promise.all(paths.map((path) => realpath(path).catch(() => path)));
