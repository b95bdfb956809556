import { type Script, type ScriptedAnswer, type ScriptQuery, scriptedAnswer } from '../scripted-model.ts';

export type Question = Omit<ScriptQuery, 'given'>;

/** Which answers were given, by conversation, so that one worker's calls never change another worker's answers. */
export function createPlayer(script: Script) {
  const given = new Map<string, Set<number>>();
  const failures = new Map<string, number>();
  let planned = 0;

  function mustFail(answer: ScriptedAnswer, key: string): boolean {
    const had = failures.get(key) ?? 0;
    if (answer.fail === undefined || had >= (answer.fail.times ?? Number.POSITIVE_INFINITY)) return false;
    failures.set(key, had + 1);
    return true;
  }

  return {
    /** A failed call uses nothing up: the same question again goes on where it stood. */
    play(question: Question): { turn: number; status: number; answer?: ScriptedAnswer } {
      const conversation = JSON.stringify([question.role, question.task, question.attempt]);
      const had = given.get(conversation) ?? new Set();
      const turn = question.role === 'planner' ? planned : question.turn;
      const found = scriptedAnswer(script, { ...question, turn, given: had });
      if (found === undefined) return { turn, status: 404 };
      const { answer, place } = found;
      if (mustFail(answer, `${conversation} ${place}`)) return { turn, status: answer.fail!.status, answer };
      given.set(conversation, had.add(place));
      if (question.role === 'planner') planned += 1;
      return { turn, status: 200, answer };
    },
  };
}
