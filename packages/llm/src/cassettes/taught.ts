/**
 * What the endpoints of a recorded run refused by name. One worker met a refusal, and all left the field out from then
 * on; in a replay another may ask first. So a request is looked for as it reads with what was learnt, too.
 */
import type { Lesson } from '../asking/lesson.ts';
import { lessonOf } from '../asking/lessons.ts';
import { errorBody } from '../failures.ts';
import type { Ask, Call, Head } from './line.ts';

export interface Teachings {
  note(call: Call, head: Head): void;
  /** The request with the first lesson, with the first two, and so on. */
  readings(endpoint: string, ask: Ask): readonly Ask[];
}

/** More than this is no server of anybody's. */
const LESSONS_MAX = 32;

export function createTeachings(): Teachings {
  const known = new Map<string, Lesson[]>();
  const keyOf = (endpoint: string, { path, body }: Ask): string =>
    JSON.stringify([endpoint, path, body.model]);
  return {
    note({ endpoint, ask, answer }, head) {
      if (answer.kind !== 'answered' || answer.status < 400) return;
      const dialect = head.endpoints.find(({ name }) => name === endpoint)?.dialect;
      const said = { ...errorBody(answer.pieces.join('')), status: answer.status };
      const lesson = lessonOf(said, ask.body, dialect);
      const lessons = known.get(keyOf(endpoint, ask)) ?? [];
      const isNew = lessons.length < LESSONS_MAX && lessons.every(({ key }) => key !== lesson?.key);
      if (lesson && !lesson.isForOnce && isNew) known.set(keyOf(endpoint, ask), [...lessons, lesson]);
    },
    readings(endpoint, ask) {
      const readings: Ask[] = [];
      for (const { change } of known.get(keyOf(endpoint, ask)) ?? [])
        readings.push({ ...ask, body: change((readings.at(-1) ?? ask).body) });
      return readings;
    },
  };
}
