/**
 * A file of criteria the operator names: a Markdown list, or a list of criteria with their checks as it stands in JSON or
 * TOML. Everything wrong is told at once.
 */
import * as z from 'zod';
import { CRITERION_TEXT_MAX, type Criterion } from '../model/acceptance.ts';
import { checkIn, criteriaIn } from './criterion-text.ts';
import { scopeProblem } from './scope-path.ts';
import { pointer, TASK_LIMITS } from './task-format.ts';
import { lineProblem, textProblem } from './text.ts';

/** Most criteria one file gives. */
export const ACCEPT_FILE_MAX = 200;

export interface AcceptProblem {
  /** A JSON pointer; empty for the whole. */
  readonly path: string;
  readonly why: string;
}

export interface AcceptReading {
  readonly criteria: readonly Criterion[];
  readonly problems: readonly AcceptProblem[];
}

const HEADING = /^(#{1,6})\s+(.*)$/;
const IS_ABOUT_IT = /\b(?:acceptance|definition of done|criteria)\b/i;

/** Of a text with a heading about acceptance the list below it, else every list there is. */
export function acceptMarkdown(text: string): AcceptReading {
  const problem = textProblem(text);
  if (problem !== undefined) return { criteria: [], problems: [{ path: '', why: problem }] };
  const lines = sectionOf(text.replace(/\r\n?/g, '\n').split('\n')).filter((line) => !HEADING.test(line));
  const hasList = lines.some((line) => /^\s*(?:[-*+]|\d{1,3}[.)])\s+\S/.test(line));
  if (!hasList) return { criteria: [], problems: [{ path: '', why: 'there is no list of criteria in it' }] };
  return bounded(criteriaIn(lines.join('\n')));
}

function sectionOf(lines: readonly string[]): readonly string[] {
  const at = lines.findIndex((line) => IS_ABOUT_IT.test(HEADING.exec(line)?.[2] ?? ''));
  if (at < 0) return lines;
  const depth = HEADING.exec(lines[at]!)![1]!.length;
  const next = lines.findIndex((line, i) => i > at && (HEADING.exec(line)?.[1]?.length ?? 7) <= depth);
  return lines.slice(at + 1, next < 0 ? lines.length : next);
}

const line = (max: number) =>
  z
    .string()
    .max(max)
    .superRefine((value, ctx) => {
      const why = lineProblem(value);
      if (why !== undefined) ctx.addIssue({ code: 'custom', message: why, input: value });
    });
const path = z.string().superRefine((value, ctx) => {
  const why = scopeProblem(value);
  if (why !== undefined) ctx.addIssue({ code: 'custom', message: why, input: value });
});

const entry = z
  .strictObject({
    text: line(CRITERION_TEXT_MAX).optional(),
    command: line(TASK_LIMITS.verify).optional(),
    file: path.optional(),
    exists: z.boolean().optional(),
    pattern: line(1_000).optional(),
    literal: z.boolean().optional(),
  })
  .superRefine((one, ctx) => {
    const why = shapeProblem(one);
    if (why !== undefined) ctx.addIssue({ code: 'custom', message: why, input: one });
  });
type Entry = z.infer<typeof entry>;

function shapeProblem(one: Record<string, unknown>): string | undefined {
  if (one.command !== undefined && one.file !== undefined) return 'has a command and a file: one of them';
  if (one.pattern !== undefined && one.file === undefined) return 'has a pattern, and no file to look in';
  if (one.exists !== undefined && one.file === undefined) return 'says exists, and of no file';
  if (one.literal !== undefined && one.pattern === undefined) return 'says literal, and has no pattern';
  const isEmpty = one.text === undefined && one.command === undefined && one.file === undefined;
  return isEmpty ? 'says nothing: a text, a command or a file' : undefined;
}

const wire = z.union([
  z.array(z.unknown()),
  z.strictObject({ criteria: z.array(z.unknown()) }).transform((o) => o.criteria),
]);

/** @param value what a JSON or TOML file holds. Never throws. */
export function acceptValue(value: unknown): AcceptReading {
  const list = wire.safeParse(value);
  if (!list.success)
    return { criteria: [], problems: [{ path: '', why: 'it is no list of criteria, and has none' }] };
  const problems: AcceptProblem[] = [];
  const criteria = list.data.slice(0, ACCEPT_FILE_MAX + 1).flatMap((one, i): Criterion[] => {
    if (typeof one === 'string') return [...criteriaIn(one.replace(/\s+/g, ' '))];
    const read = entry.safeParse(one);
    if (read.success) return [criterionOf(read.data)];
    problems.push(
      ...read.error.issues.map((issue) => ({ path: pointer([i, ...issue.path]), why: issue.message })),
    );
    return [];
  });
  if (list.data.length === 0) problems.push({ path: '', why: 'it has no criteria' });
  const whole = bounded(criteria);
  return { ...whole, problems: [...problems, ...whole.problems] };
}

function criterionOf(one: Entry): Criterion {
  const { text, command, file, pattern, literal, exists: isThere = true } = one;
  if (command !== undefined)
    return { text: text?.trim() ?? `\`${command}\` passes`, check: { kind: 'command', command } };
  if (file === undefined) return { text: text!.trim(), check: checkIn(text!.trim()) };
  if (pattern === undefined)
    return {
      text: text?.trim() ?? `\`${file}\` ${isThere ? 'exists' : 'does not exist'}`,
      check: { kind: 'file', path: file, isThere },
    };
  const isLiteral = literal === true;
  const verb = isLiteral ? 'contain' : 'match';
  const said = isThere ? `${verb}${isLiteral ? 's' : 'es'}` : `does not ${verb}`;
  return {
    text: text?.trim() ?? `\`${file}\` ${said} \`${pattern}\``,
    check: { kind: 'pattern', path: file, pattern, isThere, ...(isLiteral && { isLiteral: true as const }) },
  };
}

/** One text is one criterion, however often it stands there. */
function bounded(all: readonly Criterion[]): AcceptReading {
  const criteria = [...new Map(all.map((one) => [one.text, one])).values()];
  const isTooMany = criteria.length > ACCEPT_FILE_MAX;
  return {
    criteria: criteria.slice(0, ACCEPT_FILE_MAX),
    problems: isTooMany ? [{ path: '', why: `it has more than ${ACCEPT_FILE_MAX} criteria` }] : [],
  };
}
