/** Says a request the way its endpoint takes it: with what was learnt before, and with what is learnt now. */
import type { Body } from '../dialects/kinds.ts';
import { type EndpointConfig, type EndpointPool, speaks } from '../endpoints.ts';
import type { Tried } from '../route.ts';
import type { Lesson } from './lesson.ts';
import { lessonOf } from './lessons.ts';

/** Lessons taken in one go: a server that refuses more than these is not understood. */
const LESSONS_AT_ONCE = 6;

export interface Learnt {
  readonly endpoint: string;
  readonly model: string;
  /** What is done from now on. */
  readonly told: string;
}

/**
 * Tries once more, at the same endpoint, whenever a refusal names what can be left out or said otherwise. What was
 * done is remembered, and told, once a request got through with it.
 */
export async function withLessons<T>(
  ask: {
    readonly pool: Pick<EndpointPool, 'lessons' | 'learn'>;
    readonly endpoint: EndpointConfig;
    readonly model: string;
    readonly body: Body;
    readonly onLearnt?: ((learnt: Learnt) => void) | undefined;
  },
  tryOnce: (body: Body) => Promise<Tried<T>>,
): Promise<Tried<T>> {
  const { pool, model } = ask;
  const { name } = ask.endpoint;
  const known = pool.lessons(name, model);
  const fresh: Lesson[] = [];
  for (let body = known.reduce((b, lesson) => lesson.change(b), ask.body); ; ) {
    const tried = await tryOnce(body);
    const lesson =
      'said' in tried && tried.said ? lessonOf(tried.said, body, speaks(ask.endpoint)) : undefined;
    const isNew = lesson !== undefined && [...known, ...fresh].every((l) => l.key !== lesson.key);
    if (!isNew || fresh.length === LESSONS_AT_ONCE) {
      if (tried.kind === 'done') for (const l of fresh.filter((f) => !f.isForOnce)) keep(l);
      return tried;
    }
    fresh.push(lesson);
    body = lesson.change(body);
  }

  function keep(lesson: Lesson): void {
    pool.learn(name, model, lesson);
    ask.onLearnt?.({ endpoint: name, model, told: lesson.told });
  }
}
