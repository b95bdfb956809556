/**
 * `pnpm sim --mutants [--seeds N] [--only NAME,…] [--unit] [--jobs N] [--write]`: plants each mutant of the product in a
 * copy of the sources and looks who finds it. Exit 1: fewer than four in five are found by the simulator alone, or one is found by
 * nothing and not said to be redundant.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { misfitsOf } from './copy.ts';
import type { MutantTable } from './mutant.ts';
import { readRow, renderTable, verdictOf } from './report.ts';
import { PRODUCT_MUTANTS } from './table.ts';
import { type Tried, type TryOptions, tryMutant } from './try.ts';

export interface MutantsAsk extends TryOptions {
  readonly only: readonly string[];
  readonly jobs: number;
  /** Writes the table into docs/. */
  readonly isWritten: boolean;
}

const DOCS = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'mutants.md');

export async function tryMutants(ask: MutantsAsk): Promise<number> {
  const unknown = ask.only.filter((name) => !Object.hasOwn(PRODUCT_MUTANTS, name));
  if (unknown.length > 0) {
    process.stderr.write(`no mutant is called ${unknown.join(', ')}\n`);
    return 2;
  }
  const table = chosen(ask.only);
  const misfits = Object.entries(table).flatMap(([name, mutant]) => misfitsOf(name, mutant));
  if (misfits.length > 0) {
    process.stderr.write(`${misfits.join('\n')}\n`);
    return 2;
  }
  const tried = await tryAll(table, ask);
  process.stdout.write(renderTable(tried));
  const verdict = verdictOf(tried);
  process.stdout.write(`${verdict.text}\n`);
  return verdict.isGood ? 0 : 1;
}

/** Each row as soon as it is known: rows of mutants that were not tried now stay as they were. */
function write(one: Tried): void {
  const before = existsSync(DOCS) ? readFileSync(DOCS, 'utf8') : '';
  const all = Object.entries(PRODUCT_MUTANTS).flatMap(([name, mutant]) =>
    name === one.name ? one : (readRow(before, name, mutant) ?? []),
  );
  const done = new Set(all.map((each) => each.name));
  const untried = Object.keys(PRODUCT_MUTANTS).filter((name) => !done.has(name));
  writeFileSync(DOCS, renderTable(all, untried));
}

const chosen = (only: readonly string[]): MutantTable =>
  only.length === 0
    ? PRODUCT_MUTANTS
    : Object.fromEntries(only.map((name) => [name, PRODUCT_MUTANTS[name]!]));

async function tryAll(table: MutantTable, ask: MutantsAsk): Promise<readonly Tried[]> {
  const waiting = Object.entries(table);
  const tried = new Map<string, Tried>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, mutant] = next;
      const one = await tryMutant(name, mutant, ask);
      tried.set(name, one);
      if (ask.isWritten) write(one);
      process.stderr.write(`${name}: ${told(one)}\n`);
    }
  };
  await Promise.all(Array.from({ length: ask.jobs }, work));
  return Object.keys(table).map((name) => tried.get(name)!);
}

function told({ seed, said, test }: Tried): string {
  const bySim = seed === undefined ? 'no seed' : `seed ${seed} (${said})`;
  return test === undefined ? bySim : `${bySim}; test “${test}”`;
}
