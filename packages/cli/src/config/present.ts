/** Small words for whoever resolves a configuration. */
import { parseDurationMs } from './units.ts';

export const ms = (text: string): number => parseDurationMs(text)!;

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
/** Without the keys that are undefined: an absent value is an absent key everywhere. */
export function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)) as Present<T>;
}
