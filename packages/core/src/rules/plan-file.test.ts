import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PLAN_PROBLEMS_MAX, readPlan } from './plan-file.ts';

const labels = (text: string): string[] => {
  const { drafts, problems } = readPlan(text);
  assert.deepEqual(problems, []);
  return drafts.map((d) => d.label);
};
const mistakes = (text: string): string[] => readPlan(text).problems.map((p) => `${p.path}: ${p.why}`);
const plan = (...tasks: object[]): string => JSON.stringify(tasks.map((t) => ({ title: 'T', ...t })));

describe('a plan file', () => {
  it('is an array, an object with tasks, one task, or one task a line', () => {
    assert.deepEqual(labels('[{"id":"a","title":"A"},{"id":"b","title":"B"}]'), ['a', 'b']);
    assert.deepEqual(labels('\ufeff{"$schema":"x","tasks":[{"id":"a","title":"A"}]}'), ['a']);
    assert.deepEqual(labels('{"id":"a",\n"title":"A"}'), ['a']);
    assert.deepEqual(labels('{"id":"a","title":"A"}\r\n\n{"title":"B"}\n'), ['a', '#2']);
  });
  it('calls a task without an id by its place', () => {
    assert.deepEqual(labels('[{"title":"A"},{"title":"B","dependsOn":["#1"]}]'), ['#1', '#2']);
  });
  it('names every mistake by JSON pointer', () => {
    assert.deepEqual(mistakes('{"tasks":[{"title":""},{"title":"T","mood":3},7],"goal":true}'), [
      '/goal: has no meaning in a plan file, which holds `tasks` alone',
      '/tasks/0/title: is empty',
      '/tasks/1/mood: is not a field; the fields are id, title, description, scope, acceptance, verify, priority, dependsOn, anyEnd, kind, role, requires, agent, parent, candidates',
      '/tasks/2: must be an object with at least a title, not number',
    ]);
  });
  it('may be a planner’s own answer; what it cancels is not done in silence', () => {
    assert.deepEqual(labels('{"tasks":[{"id":"a","title":"A"}],"cancel":[],"scratchpad":"x","done":false}'), [
      'a',
    ]);
    assert.deepEqual(mistakes('{"tasks":[{"id":"a","title":"A"}],"cancel":["b"]}'), [
      '/cancel: cancels tasks, and a plan file can only add them: leave it out',
    ]);
  });
  for (const [what, text] of Object.entries({
    'a fence around it':
      'The plan:\n```json\n[{"id":"a","title":"A"},{"id":"b","title":"B","deps":["a"]}]\n```\nThat is all.',
    'comments and commas at the ends':
      '[ // first\n{"id":"a","title":"A",}, # then\n/* last */ {"id":"b","title":"B","deps":["a",],},\n]',
    'words of Python':
      "[{'id': 'a', 'title': 'A', 'verify': None}, {'id': 'b', 'title': 'B', 'deps': ['a']}]",
    'names without quotes':
      '{tasks: [{id: "a", title: "A"}, {id: "b", title: "B", deps: ["a"]}], done: True}',
    'a list of lines': '# plan\n- {"id":"a","title":"A"}\n- {"id":"b","title":"B","deps":["a"]}\n',
    'lines with commas': '{"id":"a","title":"A"},\n{"id":"b","title":"B","deps":"a"}\n',
  })) {
    it(`may have ${what}`, () => {
      assert.deepEqual(labels(text), ['a', 'b']);
      assert.deepEqual(readPlan(text).drafts[1]!.dependsOn, ['a']);
    });
  }
  it('is not guessed at: a name given twice, a word nobody knows, a missing comma', () => {
    for (const text of [
      "[{'title': 'A', 'title': 'B'}]",
      '[{title: A}]',
      "[{'title': 'A' 'scope': []}]",
      "[{'a",
    ])
      assert.match(mistakes(text)[0]!, /is not JSON/);
  });
  it('names the line where there is one task a line', () => {
    const found = mistakes('{"id":"a","title":"A"}\n{"id":"b" "title":"B"}\n{"id":"c","title":""}');
    assert.equal(found.length, 2);
    assert.match(found[0]!, /^line 2: is not JSON/);
    assert.equal(found[1], 'line 3/title: is empty');
  });
  it('is refused when it is empty, not JSON, or holds no task', () => {
    assert.match(mistakes(' \n')[0]!, /is empty/);
    assert.match(mistakes('{\n"tasks": [\n')[0]!, /is not JSON/);
    assert.deepEqual(mistakes('[]'), [': holds no task']);
    assert.deepEqual(mistakes('{"tasks":{}}'), [': `tasks` must be an array']);
    assert.deepEqual(mistakes('"x"'), [': must be an array of tasks']);
  });
  it('has each id once', () => {
    assert.deepEqual(mistakes(plan({ id: 'a' }, { id: 'b' }, { id: 'a' })), [
      '/2/id: a is already the id of /0',
    ]);
  });
  it('may depend on tasks that are there already, where somebody knows them', () => {
    const text = plan({ id: 'a', dependsOn: ['t3'] }, { id: 'b', dependsOn: ['t33'] });
    const { drafts, problems } = readPlan(text, { isKnown: (label) => label === 't3' });
    assert.deepEqual(drafts[0]?.dependsOn, ['t3']);
    assert.deepEqual(problems, [{ path: '/1/dependsOn/0', why: 't33 is not a task of this plan' }]);
  });
  it('depends on its own tasks only, and is told which one was meant', () => {
    assert.deepEqual(mistakes(plan({ id: 'parser' }, { id: 'b', dependsOn: ['parsr'], parent: 'zzz' })), [
      '/1/dependsOn/0: parsr is not a task of this plan; did you mean parser?',
      '/1/parent: zzz is not a task of this plan',
    ]);
  });
  it('does not blame a task for depending on one that was refused', () => {
    assert.deepEqual(mistakes(plan({ id: 'a', priority: 99 }, { id: 'b', dependsOn: ['a'] })), [
      '/0/priority: is too much: at most 10',
    ]);
  });
  it('has no circle; one is named as the way round', () => {
    const circle = plan(
      { id: 'a', dependsOn: ['b'] },
      { id: 'b', dependsOn: ['c'] },
      { id: 'c', dependsOn: ['a'] },
    );
    assert.deepEqual(mistakes(circle), ['/2/dependsOn: is a circle: a → b → c → a']);
    assert.deepEqual(mistakes(plan({ id: 'a', dependsOn: ['a'] })), ['/0/dependsOn: is a circle: a → a']);
  });
  it('may be a chain of 20,000 tasks', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => ({ id: `k${i}`, dependsOn: [`k${i + 1}`] }));
    assert.equal(labels(plan(...chain, { id: 'k20000' })).length, 20_001);
  });
  it('has at most 100,000 tasks', () => {
    assert.match(mistakes(`[${'0,'.repeat(100_000)}0]`)[0]!, /has 100001 tasks; at most 100000 fit one run/);
  });
  it('is told of a bounded number of mistakes, and how many more there are', () => {
    const found = mistakes(`[${'0,'.repeat(999)}0]`);
    assert.equal(found.length, PLAN_PROBLEMS_MAX + 1);
    assert.equal(found.at(-1), ': and 800 more mistakes');
  });
  it('never throws, whatever it says', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readPlan(text)));
    readPlan('['.repeat(1_000_000));
    readPlan(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  });
});
