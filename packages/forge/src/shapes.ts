/** What all shapes of a forge's answers are made of. */
import { SwarmError } from '@swarm/core/errors';
import * as z from 'zod';

/** Characters of a description or a comment that are read; GitHub itself takes 65,536. */
const TEXT_MAX = 70_000;
const LINE_MAX = 2_000;

export const text = z
  .string()
  .nullish()
  .transform((all) => (all ?? '').slice(0, TEXT_MAX).toWellFormed());
export const line = z.string().transform((all) => all.slice(0, LINE_MAX).toWellFormed());
/** A name is put into addresses. */
export const login = z.string().max(200);
export const commit = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
export const at = z.string().transform((stamp) => {
  const ms = Date.parse(stamp);
  return Number.isFinite(ms) ? ms : 0;
});

/** Of a list what has the shape: one odd entry does not take the others with it. */
export const many =
  <T>(shape: z.ZodType<T>) =>
  (list: readonly unknown[]): readonly T[] =>
    list.flatMap((entry) => {
      const read = shape.safeParse(entry);
      return read.success ? [read.data] : [];
    });

/** Errors: SW0706 with the field that is not as it should be. */
export function read<T>(shape: z.ZodType<T>, json: unknown, what: string): T {
  const told = shape.safeParse(json);
  if (told.success) return told.data;
  const why = z.prettifyError(told.error).split('\n').slice(0, 2).join(' ').slice(0, 300);
  throw new SwarmError({ code: 'SW0706', what: `the forge told something else than ${what}`, why });
}
