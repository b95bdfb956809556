/**
 * A provider that exists for tests alone: what may be shown anywhere is seen neither where it lies on the host nor
 * where a mount asks for. Whatever works under it takes no place for granted.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Mount, RoomAsk } from '@swarm/core/ports/running';
import { boundsOf, environmentOf, insidePath, type SandboxOptions, watchOf, whyNotRun } from './policy.ts';
import { runProcess } from './process.ts';
import { type Provider, type SandboxSpec, written } from './provider.ts';
import { SYSTEM_PATH } from './providers/bubblewrap.ts';
import { systemMounts } from './providers/system-mounts.ts';
import { STATE_KEY, TASK_KEY } from './reap.ts';
import { cannotRun, resultOf } from './result.ts';

const TREE = '/somewhere/else/tree';
const HOME = '/home/x';

export function createElsewhere(options: SandboxOptions & { readonly bridgeFile: string }): Provider {
  const bwrap = SYSTEM_PATH.split(':')
    .map((folder) => join(folder, 'bwrap'))
    .find((file) => existsSync(file))!;
  const shownAt = (mount: Mount) =>
    mount.host === mount.inside
      ? mount.inside
      : join(
          '/somewhere/else/mounts',
          Buffer.from(mount.host).toString('hex').slice(-40),
          basename(mount.host),
        );
  const moved = (mount: Mount): Mount => ({ host: mount.host, inside: shownAt(mount) });
  const places = async (ask: RoomAsk) => {
    const system = systemMounts();
    const tools = [options.nodePath, options.bridgeFile].map((host) => ({ host, inside: host }));
    const socket =
      ask.gatewaySocket === undefined
        ? []
        : [{ host: ask.gatewaySocket, inside: ask.gatewaySocket }, ...tools];
    return {
      links: system.links,
      readOnly: [...system.mounts, ...[...options.readOnly, ...ask.readOnly].map(moved), ...socket],
      readWrite: [
        { host: ask.workspace, inside: TREE },
        ...(ask.home === undefined ? [] : [{ host: ask.home, inside: HOME }]),
        ...ask.readWrite.map(moved),
      ],
    };
  };
  const mountsOf = async (ask: RoomAsk) => {
    const { readOnly, readWrite, links } = await places(ask);
    return [...readOnly, ...readWrite, ...links.map(({ place }) => ({ host: place, inside: place }))];
  };
  return {
    name: 'elsewhere',
    insideOf: () => TREE,
    shownAt,
    mounts: mountsOf,
    async run(spec: SandboxSpec) {
      const mounts = await mountsOf(spec);
      const path = options.path.map((folder) => insidePath(mounts, folder)).filter((p) => p !== undefined);
      const env = environmentOf(spec, options.stateKey, { path, home: HOME, temporary: '/tmp' });
      const why = await whyNotRun(spec, { mounts, cwd: TREE, path: env.PATH ?? '' });
      if (why !== undefined) return cannotRun(spec, why);
      const { links, readOnly, readWrite } = await places(spec);
      const bridge =
        spec.gatewaySocket === undefined
          ? []
          : [options.nodePath, options.bridgeFile, spec.gatewaySocket, '--'];
      const argv = [
        ...[
          '--unshare-user',
          '--uid',
          '1000',
          '--gid',
          '1000',
          '--unshare-pid',
          '--unshare-ipc',
          '--die-with-parent',
          '--new-session',
        ],
        '--unshare-net',
        ...['--tmpfs', '/tmp', '--tmpfs', HOME, '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/dev/shm'],
        ...links.flatMap((link) => ['--symlink', link.target, link.place]),
        ...readOnly.flatMap((mount) => ['--ro-bind', mount.host, mount.inside]),
        ...readWrite.flatMap((mount) => ['--bind', mount.host, mount.inside]),
        ...['--chdir', TREE, '--clearenv'],
        ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
        ...['--', ...bridge, ...spec.argv],
      ];
      const own = { [STATE_KEY]: env[STATE_KEY]!, [TASK_KEY]: env[TASK_KEY]! };
      const launch = { file: bwrap, argv, cwd: '/', env: own, onStdin: spec.onStdin };
      const filled = written(spec);
      return resultOf(
        await runProcess(launch, watchOf(spec, { ...options, bounds: boundsOf(spec, options) }, filled)),
      );
    },
  };
}
