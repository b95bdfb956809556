/** Whether a sandbox contains a command on this machine, found out by doing it once, built exactly as for real. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { endsFirst } from './ends-first.ts';
import { callFilter } from './filter/rules.ts';
import { findOnPath } from './find-on-path.ts';
import { BRIDGE_SOURCE, type Choices, type WholeOptions } from './policy.ts';
import type { Provider } from './provider.ts';
import { Boxes } from './providers/boxes.ts';
import { createBubblewrap, SYSTEM_PATH } from './providers/bubblewrap.ts';
import { engineOf, PROVIDERS, type ProviderName } from './providers/index.ts';
import { removeTree } from './remove-tree.ts';
import { sandboxWith } from './room.ts';
import { sweepTemporary } from './sweep-temporary.ts';

const PROBE_MS = 5_000;
/** A container of a new image is unpacked first. */
const SLOW_PROBE_MS = 60_000;

/** `fix` can be typed. */
export type Missing = { readonly kind: 'missing'; readonly reason: string; readonly fix: string };
export type Probe = { readonly kind: 'works'; readonly bwrap: string } | Missing;

const missing = (reason: string, fix: string): Missing => ({ kind: 'missing', reason, fix });
const WITHOUT = 'swarm run --sandbox none';

/** What is left of boxes that killed looks made is taken away first: nobody else comes by where they are noted. */
export async function probeSandbox(
  name: ProviderName,
  choices: Choices,
): Promise<{ readonly kind: 'works' } | Missing> {
  if (name === 'bubblewrap') return probeBubblewrap();
  if (!PROVIDERS[name].contains) return { kind: 'works' };
  try {
    const why = await whyNotHere(name, choices);
    if (why) return why;
    if (name === 'command' && choices.command) await new Boxes(choices.command).sweep();
    const said = await tryOnce((options) => PROVIDERS[name].create({ ...options, ...choices }), {
      // Our own Node is shown there, and has to find its libraries.
      argv: ['sh', '-c', '"$0" --version', process.execPath],
      wallMs: SLOW_PROBE_MS,
    });
    return said === undefined
      ? { kind: 'works' }
      : missing(`${name} does not work here ${said}`, FIXES[name] ?? WITHOUT);
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const [{ what, why: because, fix }] = error.problems as [SwarmError['problems'][0]];
    return missing([what, because].filter(Boolean).join(': '), fix ?? WITHOUT);
  }
}

const FIXES: Partial<Record<ProviderName, string>> = {
  docker:
    'docker run --rm <image> sh -c "ldd --version"   # an image with sh, glibc 2.28 or newer and libstdc++',
};

/** @throws SwarmError SW0304 when the engine does not answer, or has no such image. */
async function whyNotHere(name: ProviderName, { docker, command }: Choices): Promise<Missing | undefined> {
  if (name === 'command' && !command)
    return missing(
      'no programs are configured for command',
      '[sandbox.command] create = ["…"]   # see docs/sandboxes.md',
    );
  if (name === 'seatbelt' && process.platform !== 'darwin')
    return missing(`seatbelt needs macOS, this is ${process.platform}`, WITHOUT);
  if (name !== 'docker') return undefined;
  if (process.platform !== 'linux')
    return missing(`docker needs Linux, this is ${process.platform}`, WITHOUT);
  if (callFilter(process.arch) === undefined) return noFilter();
  if (!docker) return missing('no image is configured for docker', '[sandbox.docker] image = "node:24"');
  const engine = engineOf(docker);
  await engine.facts();
  await engine.image();
  return undefined;
}

const noFilter = (): Missing => missing(`there is no filter of system calls for ${process.arch}`, WITHOUT);

/** Takes about 20 ms. */
export async function probeBubblewrap(systemPath: string = SYSTEM_PATH): Promise<Probe> {
  if (process.platform !== 'linux')
    return missing(`bubblewrap needs Linux, this is ${process.platform}`, WITHOUT);
  const bwrap = findOnPath('bwrap', systemPath);
  if (bwrap === undefined)
    return missing(`there is no bwrap in ${systemPath}`, 'apt-get install -y bubblewrap');
  if (callFilter(process.arch) === undefined) return noFilter();
  const said = await tryOnce((options) => createBubblewrap({ ...options, bwrap }), {
    argv: ['true'],
    wallMs: PROBE_MS,
  });
  if (said === undefined) return { kind: 'works', bwrap };
  return missing(`bwrap does not work here ${said}`, await fixFor(said));
}

interface Try {
  readonly argv: readonly string[];
  readonly wallMs: number;
}

/** What went wrong, or undefined when the command ran and ended well. Nothing is left of it by a Ctrl-C. */
const tryOnce = (create: (options: WholeOptions) => Provider, how: Try): Promise<string | undefined> =>
  endsFirst((signal) => tryIn(create, how, signal));

async function tryIn(
  create: (options: WholeOptions) => Provider,
  { argv, wallMs }: Try,
  signal: AbortSignal,
): Promise<string | undefined> {
  await sweepTemporary();
  const workspace = await mkdtemp(join(tmpdir(), `swarm-probe-${process.pid}-`));
  try {
    const node = dirname(process.execPath);
    const provider = create({
      stateKey: workspace,
      readOnly: node.startsWith('/usr/') ? [] : [{ host: node, inside: node }],
      path: ['/usr/bin', '/bin'],
      nodePath: process.execPath,
      bridgeFile: BRIDGE_SOURCE,
    });
    const room = await sandboxWith(provider, workspace).open({ workspace, readOnly: [], readWrite: [] });
    const result = await room.run({
      name: 'probe',
      argv,
      env: {},
      network: 'none',
      // Bounds, so that what keeps them is tried too.
      limits: { wallMs, outputBytes: 64 * 1024, processes: 64 },
      signal,
    });
    const isGood = result.end === 'exited' && result.exitCode === 0;
    return isGood ? undefined : `(${result.end}): ${result.output.trim()}`;
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
