/** Every key of the configuration with its value and where that came from. */
import type { LoadedConfig } from '../config/load.ts';
import { renderTable } from '../telling/table.ts';

export interface ConfigRow {
  readonly key: string;
  /** As it would be written; undefined where nothing is set and there is no default. */
  readonly value: unknown;
  /** A file and key path, a variable, a flag, or `default`. */
  readonly source: string;
}

export function configTable({ written, origins }: Pick<LoadedConfig, 'written' | 'origins'>): {
  readonly rows: readonly ConfigRow[];
  readonly text: string;
} {
  const rows = Object.entries(written).flatMap(([key, value]) =>
    isTable(value)
      ? Object.entries(value).map(([k, v]) => row(`${key}.${k}`, v, origins))
      : [row(key, value, origins)],
  );
  const cells = rows.map(({ key, value, source }) => [key, JSON.stringify(value) ?? '', source]);
  return { rows, text: renderTable(['key', 'value', 'from'], cells) };
}

const row = (key: string, value: unknown, origins: ReadonlyMap<string, string>): ConfigRow => ({
  key,
  value,
  source: origins.get(key) ?? 'default',
});

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
