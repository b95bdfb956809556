/** What the planner of a split task is told of the whole: its task, what came before it, and the files it lies in. */
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import { isOver } from '@swarm/core/model/task';
import type { RepositoryReader } from '@swarm/core/ports/git';
import { outsideScope } from '@swarm/core/rules/change-rules';
import { partsOf } from '@swarm/core/rules/owners';
import type { State } from '@swarm/core/state';
import { headOf } from '../prompting/blocks.ts';
import { upstreamText } from '../prompting/upstream.ts';

/** Files that are named, files whose beginning is shown, and how much of each and of all. */
const NAMED_MAX = 200;
const SHOWN_MAX = 12;
const FILE_CHARS_MAX = 4_000;
const ALL_CHARS_MAX = 24_000;
/** A larger file is looked at by tool. */
const FILE_BYTES_MAX = 64 * 1024;

/** The task as its author filed it, and the handoffs of what it depends on. */
export function wholeText(state: State, id: TaskId): string {
  const whole = state.tasks.get(id)!;
  const { spec } = whole;
  const upstream = upstreamText(state, whole);
  const rows: readonly (readonly [name: string, text: string])[] = [
    [`${id}`, spec.title],
    ['scope', spec.scope.join(', ')],
    ['acceptance', spec.acceptance],
    ['verify', spec.verify ?? ''],
    ['priority', String(spec.priority)],
  ];
  return [
    ...rows.filter(([, text]) => text !== '').map(([name, text]) => `${name}: ${text}`),
    ...(spec.description === '' ? [] : ['', spec.description]),
    ...(upstream === '' ? [] : ['', 'What the tasks it depends on handed over:', upstream]),
  ].join('\n');
}

export const hasLiveParts = (state: State, id: TaskId): boolean =>
  partsOf(state, id).some((part) => !isOver(state.tasks.get(part)!.state));

/** The files of a commit that a scope names, each with its size, and the beginning of the first few. */
export async function filesInScope(
  reader: RepositoryReader,
  commit: CommitId,
  scope: readonly string[],
): Promise<string> {
  const all = await reader.files(commit, '');
  if (!all) return '(too many files to list: look with `list`)';
  const outside = new Set(
    outsideScope(
      scope,
      all.map(({ path }) => path),
    ),
  );
  const inside = all.filter(({ path, kind }) => kind === 'file' && !outside.has(path));
  if (inside.length === 0) return '(none of them is there yet)';
  const named = inside.slice(0, NAMED_MAX).map(({ path, bytes }) => `${path} (${bytes} bytes)`);
  const more = inside.length > NAMED_MAX ? [`and ${inside.length - NAMED_MAX} more`] : [];
  const shown: string[] = [];
  for (let i = 0, left = ALL_CHARS_MAX; i < Math.min(inside.length, SHOWN_MAX) && left > 0; i++) {
    const { path, bytes } = inside[i]!;
    if (bytes > FILE_BYTES_MAX) continue;
    const text = headOf((await reader.read(commit, path)) ?? '', Math.min(FILE_CHARS_MAX, left));
    left -= text.length;
    if (text !== '') shown.push(`--- ${path}\n${text}`);
  }
  return [[...named, ...more].join('\n'), ...shown].join('\n\n');
}
