import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callFilter } from './filter/rules.ts';
import { findOnPath } from './find-on-path.ts';
import { BRIDGE_SOURCE } from './policy.ts';
import { createBubblewrap, SYSTEM_PATH } from './providers/bubblewrap.ts';
import { removeTree } from './remove-tree.ts';
import { sandboxWith } from './room.ts';
import { sweepTemporary } from './sweep-temporary.ts';

const PROBE_MS = 5_000;

export type Probe =
  | { readonly kind: 'works'; readonly bwrap: string }
  /** `fix` can be typed. */
  | { readonly kind: 'missing'; readonly reason: string; readonly fix: string };

/** Whether bubblewrap contains a command on this machine, found out by doing it once. Takes about 20 ms. */
export async function probeBubblewrap(systemPath: string = SYSTEM_PATH): Promise<Probe> {
  if (process.platform !== 'linux') {
    return {
      kind: 'missing',
      reason: `bubblewrap needs Linux, this is ${process.platform}`,
      fix: 'swarm run --sandbox none',
    };
  }
  const bwrap = findOnPath('bwrap', systemPath);
  if (bwrap === undefined) {
    return {
      kind: 'missing',
      reason: `there is no bwrap in ${systemPath}`,
      fix: 'apt-get install -y bubblewrap',
    };
  }
  if (callFilter(process.arch) === undefined) {
    return {
      kind: 'missing',
      reason: `there is no filter of system calls for ${process.arch}`,
      fix: 'swarm run --sandbox none',
    };
  }
  const said = await tryOnce(bwrap);
  return said === undefined
    ? { kind: 'works', bwrap }
    : { kind: 'missing', reason: said, fix: await fixFor(said) };
}

/** What went wrong, or undefined when a command ran in a sandbox built exactly as for real. */
async function tryOnce(bwrap: string): Promise<string | undefined> {
  await sweepTemporary();
  const workspace = await mkdtemp(join(tmpdir(), `swarm-probe-${process.pid}-`));
  try {
    const provider = createBubblewrap({
      stateKey: workspace,
      bwrap,
      readOnly: [],
      path: ['/usr/bin', '/bin'],
      nodePath: process.execPath,
      bridgeFile: BRIDGE_SOURCE,
    });
    const room = await sandboxWith(provider, workspace).open({ workspace, readOnly: [], readWrite: [] });
    const result = await room.run({
      name: 'probe',
      argv: ['true'],
      env: {},
      network: 'none',
      // A bound on processes, so that the program which keeps it is tried too.
      limits: { wallMs: PROBE_MS, outputBytes: 64 * 1024, processes: 64 },
    });
    const isGood = result.end === 'exited' && result.exitCode === 0;
    return isGood ? undefined : `bwrap does not work here (${result.end}): ${result.output.trim()}`;
  } finally {
    await removeTree(workspace).catch(() => {});
  }
}

/** The usual reasons, most specific first. */
async function fixFor(said: string): Promise<string> {
  if (/unknown option/i.test(said)) return 'apt-get install -y bubblewrap   # 0.8 or newer';
  if ((await setting('kernel/unprivileged_userns_clone')) === '0')
    return 'sysctl -w kernel.unprivileged_userns_clone=1';
  if ((await setting('user/max_user_namespaces')) === '0') return 'sysctl -w user.max_user_namespaces=15000';
  if ((await setting('kernel/apparmor_restrict_unprivileged_userns')) === '1') {
    return 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  }
  return 'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …   # if this is a container';
}

const setting = async (name: string): Promise<string | undefined> =>
  (await readFile(`/proc/sys/${name}`, 'utf8').catch(() => undefined))?.trim();
