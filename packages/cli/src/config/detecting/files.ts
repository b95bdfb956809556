/** What detection looks at, and what it says. */

/** Files of the target's commit (or of the work tree); paths are relative to the top. */
export interface ListingReader {
  has(path: string): Promise<boolean>;
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Names at the top. */
  top(): Promise<readonly string[]>;
}

export interface Detected {
  readonly gate?: string;
  readonly setup?: string;
  /** What was found, one clause each: shown before anything runs. */
  readonly why: readonly string[];
}

export type Detector = (files: ListingReader) => Promise<Detected | undefined>;

export async function firstOf(files: ListingReader, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await files.has(path)) return path;
  return undefined;
}

/** Undefined when it is no JSON, or no object. */
export function jsonObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export const entriesOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
