/**
 * What was to hold, read out of what people and models wrote: one criterion a list item, or one a paragraph, and how
 * each can be looked at. Only a few plain sentences are taken for a check; whatever else is said, a person has to read.
 */
import { type Check, CRITERION_TEXT_MAX, type Criterion } from '../model/acceptance.ts';
import { scopeProblem } from './scope-path.ts';
import { lineProblem } from './text.ts';

/** Most criteria one text gives. */
export const CRITERIA_OF_TEXT_MAX = 100;

const ITEM = /^(\s*)(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)$/;

/** The items of its lists, or, where it has none, its paragraphs. Never empty texts, none twice. */
export function criteriaIn(text: string): readonly Criterion[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const parts = lines.some((line) => ITEM.test(line)) ? itemsOf(lines) : text.split(/\n\s*\n/);
  const texts = parts.map((part) => part.replace(/\s+/g, ' ').trim().slice(0, CRITERION_TEXT_MAX));
  return [...new Set(texts.filter(Boolean))]
    .slice(0, CRITERIA_OF_TEXT_MAX)
    .map((one) => ({ text: one, check: checkIn(one) }));
}

/** Each with the lines that are indented below it; what stands between lists is no criterion. */
function itemsOf(lines: readonly string[]): readonly string[] {
  const items: string[] = [];
  let isOpen = false;
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item) items.push(item[2]!);
    else if (isOpen && /^\s+\S/.test(line)) items.push(`${items.pop()} ${line.trim()}`);
    isOpen = item !== null || (isOpen && /^\s+\S/.test(line));
  }
  return items;
}

const CODE = '`([^`]+)`';
const END = '[.;]?$';
const COMMAND = new RegExp(
  `^(?:the command |running |run )?${CODE} (?:passes|succeeds|is green|(?:exits|ends) (?:with )?(?:code |status )?0)${END}`,
  'i',
);
/** Alone, with an argument: a name alone may be anything. */
const BARE = new RegExp(`^${CODE}${END}`);
const GONE = '(?:does not exist|is gone|is absent|is removed|is deleted|no longer exists)';
const FILE = new RegExp(`^(?:the )?(?:file |folder )?${CODE} (exists|is there|${GONE})${END}`, 'i');
const HOLDS = new RegExp(
  `^(?:the )?(?:file )?${CODE} (contains|does not contain|no longer contains|matches|does not match) ${CODE}${END}`,
  'i',
);

/** How this sentence can be looked at. */
export function checkIn(text: string): Check {
  const [, command] = COMMAND.exec(text) ?? [];
  if (command !== undefined) return commandCheck(command);
  const [, bare = ''] = BARE.exec(text) ?? [];
  if (/\S\s+\S/.test(bare)) return commandCheck(bare);
  const [, path, how] = FILE.exec(text) ?? [];
  if (path !== undefined && how !== undefined) return fileCheck(path, /^(?:exists|is there)$/i.test(how));
  const [, file, verb, pattern] = HOLDS.exec(text) ?? [];
  if (file === undefined || verb === undefined || pattern === undefined) return TEXT;
  const isLiteral = /contain/i.test(verb);
  return patternCheck({ path: file, pattern, isThere: !/^(?:does not|no longer)/i.test(verb), isLiteral });
}

export const TEXT: Check = { kind: 'text' };

const commandCheck = (command: string): Check =>
  lineProblem(command) === undefined ? { kind: 'command', command: command.trim() } : TEXT;

const fileCheck = (path: string, isThere: boolean): Check =>
  isPath(path) ? { kind: 'file', path, isThere } : TEXT;

interface PatternAsk {
  readonly path: string;
  readonly pattern: string;
  readonly isThere: boolean;
  readonly isLiteral: boolean;
}

function patternCheck({ path, pattern, isThere, isLiteral }: PatternAsk): Check {
  if (!isPath(path) || lineProblem(pattern) !== undefined) return TEXT;
  return { kind: 'pattern', path, pattern, isThere, ...(isLiteral && { isLiteral: true as const }) };
}

const isPath = (path: string): boolean => scopeProblem(path) === undefined && !/[*?[\]{}]/.test(path);

/** The shell command whose exit code tells; undefined where no machine can. */
export function commandOf(check: Check): string | undefined {
  switch (check.kind) {
    case 'command':
      return check.command;
    case 'file':
      return `test ${check.isThere ? '' : '! '}-e ${quoted(check.path)}`;
    case 'pattern':
      return patternCommand(check);
    case 'text':
      return undefined;
  }
}

/** grep ends with 2 where it cannot read the pattern: that is neither there nor absent. */
function patternCommand(check: Extract<Check, { kind: 'pattern' }>): string {
  const how = check.isLiteral ? '-Fq' : '-Eq';
  const [path, pattern] = [quoted(check.path), quoted(check.pattern)];
  const grep = `grep ${how} -e ${pattern} -- ${path}`;
  const found = check.isThere
    ? grep
    : `{ ${grep}; c=$?; case $c in 0) exit 1;; 1) exit 0;; *) exit $c;; esac; }`;
  return `test -f ${path} && ${found}`;
}

/** One word for a POSIX shell. */
export const quoted = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
