/** What detection reads of one folder, and what it says. Values only: whoever gathers them is elsewhere. */
import { parse } from 'smol-toml';

/** A folder of the target's commit. */
export interface Folder {
  /** From the top of the repository; empty for the top itself. */
  readonly path: string;
  /** Names in it and, with their folder, in those of its folders that manifests and tests lie in. */
  readonly names: ReadonlySet<string>;
  /** Texts of its manifests, by name. A file that is too large, or not read, has none. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Gate and setup of one kind of project. Each is a command line that is shown, and runs in the sandbox alone. */
export interface Proposal {
  readonly gate?: string;
  readonly setup?: string;
  /** Where setup runs, when that is not the folder itself. */
  readonly setupIn?: string;
  /** What was found, one clause each: shown before anything runs. */
  readonly why: readonly string[];
  /** Programs that both need and that no project brings itself. */
  readonly needs: readonly string[];
}

/** One kind of project: facts in, proposals out, the best first. None: it is not of this kind. */
export interface Kind {
  readonly name: string;
  /** @param above the folders around it, the nearest first. */
  propose(folder: Folder, above: readonly Folder[]): readonly Proposal[];
}

export const has = ({ names }: Folder, path: string): boolean => names.has(path);
export const textOf = ({ texts }: Folder, path: string): string => texts.get(path) ?? '';
export const firstOf = (folder: Folder, paths: readonly string[]): string | undefined =>
  paths.find((path) => has(folder, path));

type Table = Readonly<Record<string, unknown>>;

/** An object's entries; empty for anything else. */
export const tableOf = (value: unknown): Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};

/** The strings of a list; a hostile manifest may have anything there. */
export const stringsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** Empty when it is no JSON, or no object. */
export function jsonTable(text: string): Table {
  try {
    return tableOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Empty when it is no TOML. */
export function tomlTable(text: string): Table {
  try {
    return tableOf(parse(text));
  } catch {
    return {};
  }
}

/** The table at a path of keys; empty where there is none. */
export const tableAt = (from: unknown, ...keys: readonly string[]): Table =>
  tableOf(keys.reduce<unknown>((at, key) => tableOf(at)[key], from));
