/** Whether one entry of a scope may stand, and how it is written: a relative path or glob with `/` between names. */
import { textProblem } from './text.ts';

/** Longest entry of a scope, in characters. */
export const SCOPE_ENTRY_MAX = 400;

/** Names git keeps for itself, as the file systems that fold case, drop trailing dots or have short names see them. */
const GIT_FOLDER = /^(?:\.git[. ]*|git~\d+)$/i;
/** Characters that are not seen: they make two different paths look the same. */
const INVISIBLE = /\p{Cf}/u;
const ENCODED = /%(?:2e|2f|5c|00)/i;
const HOME = /^(?:~|\$\{?[A-Z_]+)/;

/** @returns why this entry may not be part of a scope, or undefined when it may. */
export function scopeProblem(entry: string): string | undefined {
  if (entry.trim() === '') return 'is empty';
  if (entry.length > SCOPE_ENTRY_MAX) return `is longer than ${SCOPE_ENTRY_MAX} characters`;
  if (/\p{Cc}/u.test(entry)) return 'contains a control character';
  if (INVISIBLE.test(entry)) return 'contains a character that cannot be seen';
  const hidden = textProblem(entry);
  return hidden ?? shapeProblem(entry) ?? namesProblem(entry);
}

function shapeProblem(entry: string): string | undefined {
  if (entry.startsWith('-')) return 'starts with `-`, like an option';
  if (entry.includes('\\')) return 'contains a backslash; write `/` between names';
  if (entry.startsWith('/')) return 'is an absolute path; write it relative to the repository';
  if (/^[a-z]:/i.test(entry)) return 'starts with a drive letter; write it relative to the repository';
  if (HOME.test(entry)) return 'names a home folder or a variable; write it relative to the repository';
  return ENCODED.test(entry) ? 'contains an encoded `.`, `/`, `\\` or NUL' : undefined;
}

function namesProblem(entry: string): string | undefined {
  // Braces may hold a name of their own: `{..,src}/a` and `{.git,src}/a` are looked at name by name too.
  for (const name of entry.split(/[/{},]/)) {
    if (name === '..') return 'contains `..`; it may not lead out of the repository';
    if (GIT_FOLDER.test(name)) return 'names git’s own folder';
  }
  return undefined;
}

/** One way to write an entry that `scopeProblem` lets pass: no `./`, no doubled `/`, composed Unicode. */
export function normaliseScopeEntry(entry: string): string {
  const names = entry
    .trim()
    .normalize('NFC')
    .split('/')
    .filter((name, i, all) => name !== '.' && (name !== '' || i === all.length - 1));
  const path = names.join('/');
  return path === '' ? '**' : path;
}
