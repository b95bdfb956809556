/** What a package manager is to the check of joined lockfiles, and how its files are written and removed. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
  /** Manifests that `make` brings into the form they have in a project. */
  readonly rewrites?: readonly string[];
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

export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

export const clear = (folder: string): void => rmSync(folder, { recursive: true, force: true });
