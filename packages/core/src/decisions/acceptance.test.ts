import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import type { Judgement } from '../model/acceptance.ts';
import type { TaskId } from '../model/ids.ts';
import { shortfalls } from '../rules/outcome.ts';
import {
  acceptedTask,
  apply,
  brief,
  check,
  commit,
  type Law,
  landedTask,
  openedRun,
  stateOf,
} from '../testing.ts';

const evidence = { kind: 'command', by: 'pnpm test', commit: commit('a'), detail: 'exit 0' } as const;
const judge = (over: Partial<Judgement> & { task?: TaskId } = {}): Command => ({
  type: 'judgeAcceptance',
  criterion: 'it works',
  verdict: 'verified',
  evidence,
  ...over,
});
const { evidence: _, ...unseen } = judge() as Command & { type: 'judgeAcceptance' };
const t1 = 't1' as TaskId;
const given = [openedRun(), acceptedTask('t1')];

const LAWS: Record<string, Law> = {
  'what was to hold of the run is judged': { given, when: judge(), gives: ['acceptance.judged'] },
  'and of a task': { given, when: judge({ task: t1 }), gives: ['acceptance.judged t1'] },
  'but of none that is not known': { given, when: judge({ task: 't9' as TaskId }), gives: 'unknown-task' },
  'nothing is verified, and nothing fails, by nothing': { given, when: unseen, gives: 'illegal-move' },
  'that nobody could tell needs nothing': {
    given,
    when: { ...unseen, verdict: 'unverified' },
    gives: ['acceptance.judged'],
  },
  'what says nothing is no criterion': { given, when: judge({ criterion: '  ' }), gives: 'out-of-range' },
};

for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));

test('the last word counts, and the same word again is none', () => {
  const s = stateOf(given);
  apply(s, judge());
  assert.deepEqual(apply(s, judge()).map(brief), []);
  apply(s, judge({ verdict: 'failed' }));
  assert.deepEqual(
    [...s.acceptance.values()].map(({ verdict }) => verdict),
    ['failed'],
  );
});

test('what was seen not to hold is missing, of the run and of what is there; of a task that is not there it says nothing more', () => {
  const s = stateOf([...given, acceptedTask('t2'), ...landedTask('t2', 'l1')]);
  apply(s, judge({ verdict: 'failed' }));
  apply(s, judge({ verdict: 'failed', task: t1 }));
  apply(s, judge({ verdict: 'failed', task: 't2' as TaskId }));
  assert.deepEqual(
    shortfalls(s).filter(({ kind }) => kind === 'acceptance'),
    [
      { kind: 'acceptance', criterion: 'it works' },
      { kind: 'acceptance', criterion: 'it works', task: 't2' },
    ],
  );
});
