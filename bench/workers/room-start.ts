/**
 * What it takes to run `true` in a room that is open, with every wall and every bound; beside it plain `bwrap` with the
 * very same arguments, files and filter, which a program in its place wrote down.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BRIDGE_SOURCE } from '../../packages/sandbox/src/policy.ts';
import { createBubblewrap, SYSTEM_PATH } from '../../packages/sandbox/src/providers/bubblewrap.ts';
import { sandboxWith } from '../../packages/sandbox/src/room.ts';
import type { Figure } from '../figure.ts';
import { median, pairs } from './paired.ts';

const STARTS = 60;
const BWRAP = '/usr/bin/bwrap';

export async function roomStart(folder: string): Promise<readonly Figure[]> {
  const workspace = join(folder, 'workspaces', 'w1');
  await mkdir(workspace, { recursive: true });
  const written = await writtenDown(folder, workspace);
  const room = await roomOf(folder, workspace, BWRAP);
  const [ours, plain] = await pairs(
    STARTS,
    () => runTrue(room),
    () => runPlain(written),
  );
  await room.close();
  return [
    {
      name: 'a command begins and ends in its sandbox, median',
      value: median(ours),
      unit: 'ms',
      aim: { kind: 'at-most', value: 80 },
    },
    { name: '  floor: bwrap alone, the same arguments', value: median(plain), unit: 'ms' },
  ];
}

function roomOf(folder: string, workspace: string, bwrap: string) {
  const bounds = { memoryBytes: 4 * 1_024 ** 3, processes: 2_048, diskBytes: 10 * 1_024 ** 3 };
  const whole = {
    stateKey: folder,
    nodePath: process.execPath,
    path: SYSTEM_PATH.split(':'),
    readOnly: [],
    bridgeFile: BRIDGE_SOURCE,
  };
  const provider = createBubblewrap({ ...whole, bounds, bwrap });
  return sandboxWith(provider, folder).open({ workspace, readOnly: [], readWrite: [] });
}

type Room = Awaited<ReturnType<typeof roomOf>>;

async function runTrue(room: Room): Promise<void> {
  const limits = { wallMs: 60_000, outputBytes: 1_000 };
  const ran = await room.run({ name: 'true', argv: ['true'], env: {}, network: 'none', limits });
  if (ran.exitCode !== 0) throw new Error(`true ended with ${ran.exitCode ?? ran.end}: ${ran.output}`);
}

interface Written {
  readonly argv: readonly string[];
  /** What is read on descriptors 4, 5, …, each in a file. */
  readonly files: readonly string[];
}

/** Stands where bwrap stands, and keeps what it was given. */
async function writtenDown(folder: string, workspace: string): Promise<Written> {
  const kept = join(folder, 'kept');
  await mkdir(kept);
  const script = join(folder, 'bwrap');
  const copies = `for fd in /proc/self/fd/*; do fd=\${fd##*/}; case $fd in [4-9]) eval "cat <&$fd >${kept}/$fd" ;; esac; done`;
  await writeFile(script, `#!/bin/bash\n${copies}\nprintf '%s\\0' "$@" >${kept}/argv\n`, { mode: 0o755 });
  const room = await roomOf(folder, workspace, script);
  await room.run({
    name: 'true',
    argv: ['true'],
    env: {},
    network: 'none',
    limits: { wallMs: 60_000, outputBytes: 1_000 },
  });
  await room.close();
  const argv = (await readFile(join(kept, 'argv'), 'utf8')).split('\0').slice(0, -1);
  const names = (await readdir(kept)).filter((name) => name !== 'argv').sort();
  return { argv, files: names.map((name) => join(kept, name)) };
}

async function runPlain({ argv, files }: Written): Promise<void> {
  const open = files.map((file) => openSync(file, 'r'));
  const nothing = openSync('/dev/null', 'w');
  const child = spawn(BWRAP, argv, {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', nothing, ...open],
  });
  for (const file of [...open, nothing]) closeSync(file);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`bwrap ended with ${code}`);
}
