import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentOf, type WholeOptions, watchOf, whyNotRun } from '../policy.ts';
import { runProcess } from '../process.ts';
import { type Provider, type SandboxSpec, written } from '../provider.ts';
import { removeTree } from '../remove-tree.ts';
import { cannotRun, resultOf } from '../result.ts';
import type { Launch } from '../starting.ts';

/** The host's file system as it is. */
const EVERYTHING = [{ host: '/', inside: '/' }];

/**
 * No isolation: the command runs as the user, with the user's files and network, and `network: 'none'` is not
 * kept. It has a process group, limits and an environment of its own; nothing more is promised.
 */
export function createNone(options: WholeOptions): Provider {
  return {
    name: 'none',
    insideOf: (workspace) => workspace,
    shownAt: (mount) => mount.host,
    mounts: async () => EVERYTHING,
    async run(spec) {
      const path = spec.env.PATH ?? options.path.join(':');
      const why = await whyNotRun(spec, { mounts: EVERYTHING, cwd: spec.workspace, path });
      if (why !== undefined) return cannotRun(spec, why);
      const folder = await mkdtemp(`${spec.workspace}.private-`);
      const filled = [...written(spec), folder];
      try {
        return resultOf(
          await runProcess(
            await launchOf(spec, options, folder),
            watchOf(spec, options, filled, { canEscape: true }),
          ),
        );
      } finally {
        // What stays goes with the workspace, whose name it has, and is told then.
        await removeTree(folder).catch(() => {});
      }
    },
  };
}

/** Home and temporary folder lie beside the workspace, so that what a crash leaves is swept with it. */
async function launchOf(spec: SandboxSpec, options: WholeOptions, folder: string): Promise<Launch> {
  const places = {
    path: options.path,
    home: spec.home ?? join(folder, 'home'),
    temporary: join(folder, 'tmp'),
  };
  await Promise.all([places.home, places.temporary].map((place) => mkdir(place, { recursive: true })));
  const argv =
    spec.gatewaySocket === undefined
      ? spec.argv
      : [options.nodePath, options.bridgeFile, spec.gatewaySocket, '--', ...spec.argv];
  return {
    file: argv[0]!,
    argv: argv.slice(1),
    cwd: spec.workspace,
    env: environmentOf(spec, options.stateKey, places),
    onStdin: spec.onStdin,
    yields: spec.network === 'agent',
  };
}
