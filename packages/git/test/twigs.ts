/** Random histories for tests: a base and two branches from it, written by fast-import. */
import { execFileSync } from 'node:child_process';
import type { CommitId } from '@swarm/core/model/ids';
import fc from 'fast-check';
import { git } from './world.ts';

type Mode = '100644' | '100755' | '120000';
export type Edit =
  | { readonly kind: 'put'; readonly path: string; readonly mode: Mode; readonly text: Buffer }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

export interface Twigs {
  readonly base: readonly Edit[];
  readonly ours: readonly Edit[];
  readonly theirs: readonly Edit[];
}

/** Few names, so that edits meet; `d` is a folder to some and a file to others. */
const PATHS = [
  'a',
  'b',
  'd',
  'd/x',
  'd/y',
  'd/e/z',
  'e/x',
  `${'n'.repeat(200)}/${'m'.repeat(250)}`,
  'é "q"\t\\',
  '=x',
];
const path = fc.constantFrom(...PATHS);
const lines = fc
  .array(fc.constantFrom('one', 'two', 'three', 'four', 'five'), { minLength: 1, maxLength: 12 })
  .map((all) => Buffer.from(`${all.join('\n')}\n`));
const binary = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from([0, ...bytes]));
const put: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constant('put'),
  path,
  mode: fc.constantFrom<Mode>('100644', '100644', '100644', '100755', '120000'),
  text: fc.oneof({ weight: 4, arbitrary: lines }, binary),
});
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: put },
  fc.record({ kind: fc.constant('delete'), path }),
  fc.record({ kind: fc.constant('rename'), from: path, to: path }),
);
const edits = fc.array(edit, { maxLength: 5 });

export const twigs: fc.Arbitrary<Twigs> = fc.record({
  base: fc.array(put, { minLength: 3, maxLength: 8 }),
  ours: edits,
  theirs: edits,
});

/** Writes them into a bare repository; the names of base, ours and theirs. */
export function plant(
  repository: string,
  { base, ours, theirs }: Twigs,
): readonly [CommitId, CommitId, CommitId] {
  const made = present([], base);
  const input = [
    ...commit('base', made.edits, ''),
    ...commit('ours', present(made.paths, ours).edits, 'from refs/heads/base\n'),
    ...commit('theirs', present(made.paths, theirs).edits, 'from refs/heads/base\n'),
  ];
  const args = ['fast-import', '--quiet', '--force'];
  execFileSync('git', args, {
    cwd: repository,
    input: Buffer.concat(input),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const names = git(repository, 'rev-parse', 'base', 'ours', 'theirs').split('\n') as CommitId[];
  return [names[0]!, names[1]!, names[2]!];
}

/** Without renames of what is not there, which fast-import refuses. */
function present(before: readonly string[], all: readonly Edit[]) {
  const paths = new Set(before);
  const edits = all.filter((one) => {
    if (one.kind === 'rename') {
      if (!paths.has(one.from) || one.from === one.to || one.to.startsWith(`${one.from}/`)) return false;
      forget(paths, one.from);
      settle(paths, one.to);
    } else if (one.kind === 'delete') forget(paths, one.path);
    else settle(paths, one.path);
    return true;
  });
  return { edits, paths: [...paths] };
}

function forget(paths: Set<string>, path: string): void {
  for (const known of [...paths]) if (known === path || known.startsWith(`${path}/`)) paths.delete(known);
}

/** A file takes the place of a folder of its name, and of a file that is in the way of its folders. */
function settle(paths: Set<string>, path: string): void {
  for (const known of [...paths]) if (path.startsWith(`${known}/`)) paths.delete(known);
  forget(paths, path);
  paths.add(path);
}

function commit(branch: string, edits: readonly Edit[], from: string): Buffer[] {
  const head = `reset refs/heads/${branch}\ncommit refs/heads/${branch}\ncommitter A <a@example.invalid> 1 +0000\n`;
  return [Buffer.from(`${head}data 1\nm\n${from}`), ...edits.map(lineOf), Buffer.from('\n')];
}

function lineOf(one: Edit): Buffer {
  if (one.kind === 'delete') return Buffer.from(`D ${quote(one.path)}\n`);
  if (one.kind === 'rename') return Buffer.from(`R ${quote(one.from)} ${quote(one.to)}\n`);
  const head = Buffer.from(`M ${one.mode} inline ${quote(one.path)}\ndata ${one.text.length}\n`);
  return Buffer.concat([head, one.text, Buffer.from('\n')]);
}

const quote = (path: string) => `"${path.replace(/["\\]/g, '\\$&').replaceAll('\t', '\\t')}"`;
