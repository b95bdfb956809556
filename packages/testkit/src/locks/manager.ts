/** A package manager as a command: how it makes a lockfile, and how it says whether it takes one as it stands. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Habits, Project, World } from './universe.ts';

export interface Place {
  /** The project. */
  readonly folder: string;
  /** For whatever the manager keeps; the same for all projects of one world. */
  readonly cache: string;
  readonly registry: string;
}

export interface Manager {
  readonly name: string;
  readonly lock: string;
  readonly habits: Habits;
  /** Writes what stands for the registry, where that is files. */
  readonly provide?: (world: World['releases'], place: Place) => void;
  /** Manifests by path. */
  readonly manifests: (project: Project, place: Place) => Readonly<Record<string, string>>;
  /** Makes the lockfile fit the manifests. */
  readonly make: (place: Place) => Command;
  /** Exits 0 when the lockfile is taken as it stands. */
  readonly check: (place: Place) => Command;
  readonly isHere: Command;
  /** Versions this is for; all when absent. */
  readonly versions?: RegExp;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

// ───────────── running them ─────────────

export interface Said {
  readonly code: number | null;
  readonly text: string;
}

const LIMIT_MS = 300_000;

/** The version of a manager on this machine; undefined when it is not here, or another one is. */
export async function versionHere({ isHere, versions = /^/ }: Manager): Promise<string | undefined> {
  const { code, text } = await run(isHere, { folder: tmpdir(), cache: tmpdir() });
  const version = text.trim().split('\n')[0] ?? '';
  return code === 0 && versions.test(version) ? version : undefined;
}

export function run(
  { argv, env }: Command,
  { folder, cache }: Pick<Place, 'folder' | 'cache'>,
): Promise<Said> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: cache,
        RUSTUP_HOME: join(homedir(), '.rustup'),
        CI: '1',
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    const parts: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => parts.push(part));
    child.on('error', (error) => resolve({ code: null, text: String(error) }));
    child.on('close', (code) => resolve({ code, text: parts.join('') }));
  });
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

export const clear = (folder: string): void => rmSync(folder, { recursive: true, force: true });
