import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { taskId } from '../model/ids.ts';
import { planSchema, readDraft, type TaskDraft, taskSchema, toWire } from './task-format.ts';
import { OTHER_NAMES, REMARKS } from './task-words.ts';

const isRemark = (name: string): boolean =>
  [...REMARKS.map((word) => word.replaceAll(' ', '')), 'status', 'state', 'subtasks', 'children'].includes(
    name.toLowerCase().replace(/[\s_-]/g, ''),
  );

const BLANK: TaskDraft = {
  label: 'a',
  title: 'T',
  description: '',
  scope: [],
  acceptance: '',
  priority: 5,
  dependsOn: [],
  kind: 'change',
  requires: [],
};

function draft(wire: object, options?: Parameters<typeof readDraft>[1]): TaskDraft {
  const reading = readDraft(wire, options);
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.draft;
}
function problems(wire: unknown, options?: Parameters<typeof readDraft>[1]): string[] {
  const reading = readDraft(wire, options);
  assert.ok(!reading.ok, 'this should have been refused');
  return reading.problems.map((p) => `${p.path} ${p.why}`);
}

describe('a task as a model or a plan file writes it', () => {
  it('needs a title alone; the rest has defaults', () => {
    assert.deepEqual(draft({ id: 'a', title: ' T ' }), BLANK);
  });
  it('may leave out its id: then it goes by the label given for its place, or by its title', () => {
    assert.equal(draft({ title: 'T' }, { label: '#3' }).label, '#3');
    assert.equal(draft({ title: 'T' }).label, 'T');
  });
  it('may be written loosely where the meaning is plain', () => {
    const loose = {
      id: 7,
      title: 'T',
      priority: '3',
      scope: 'src/a.ts',
      dependsOn: [4],
      verify: null,
      role: null,
    };
    assert.deepEqual(draft(loose), {
      ...BLANK,
      label: '7',
      priority: 3,
      scope: ['src/a.ts'],
      dependsOn: ['4'],
    });
  });
  it('has its scope written one way', () => {
    const scope = ['./src//a.ts', 'src/a.ts', 'lib/', './', 'a/./b'];
    assert.deepEqual(draft({ title: 'T', scope }).scope, ['src/a.ts', 'lib/', '**', 'a/b']);
  });
  it('is refused with every mistake at once, each by JSON pointer', () => {
    const wire = { title: '', priority: 11, kind: 'chnage', scope: ['ok', '../up'], acceptance: 4 };
    assert.deepEqual(problems(wire), [
      '/title is empty',
      '/scope/1 contains `..`; it may not lead out of the repository',
      '/acceptance must be string, not number',
      '/priority is too much: at most 10',
      '/kind must be one of change, answer',
    ]);
  });
  it('is refused by a name that is safe to print', () => {
    const reading = readDraft({ id: 'a\u001b[2J', title: 'Fine' }, { label: '#2' });
    assert.ok(!reading.ok);
    assert.equal(reading.label, '#2');
  });
  it('says what is missing', () => {
    assert.deepEqual(problems({ id: 'a' }), ['/title is missing']);
    assert.deepEqual(problems('do it'), [' must be an object with at least a title, not string']);
  });

  for (const [what, wire] of [
    ['a title over 200 characters', { title: 'x'.repeat(201) }],
    ['a description over 16 KiB', { title: 'T', description: 'x'.repeat(16_385) }],
    ['an acceptance over 4 KiB', { title: 'T', acceptance: 'x'.repeat(4_097) }],
    ['over 200 entries of scope', { title: 'T', scope: Array(201).fill('a') }],
    ['an id over 100 characters', { id: 'x'.repeat(101), title: 'T' }],
    ['an id that looks like an option', { id: '--force', title: 'T' }],
    ['an id with a control character', { id: 'a\nb', title: 'T' }],
    ['a title that changes the reading direction', { title: 'safe \u202egnp.exe' }],
    ['a title of two lines', { title: 'a\nb' }],
    ['half a surrogate pair', { title: 'a\ud800' }],
    ['a terminal escape in the description', { title: 'T', description: 'a\u001b]0;x\u0007' }],
    ['a NUL in the verification', { title: 'T', verify: 'true\0' }],
    ['a priority between two numbers', { title: 'T', priority: 2.5 }],
  ] as const) {
    it(`may not have ${what}`, () => {
      assert.equal(problems(wire).length, 1);
    });
  }

  for (const entry of [
    ...[
      '../x',
      'a/../../x',
      'a/..',
      '/etc/passwd',
      'C:/x',
      'c:x',
      'a\\b',
      '~',
      '~/x',
      '~root/x',
      '$HOME/x',
      `$${'{HOME}'}/x`,
    ],
    ...['.git', '.git/config', 'a/.GIT/hooks', '.git./x', 'git~1/x', '{..,a}/x', '{.git,a}/x'],
    ...['%2e%2e/x', 'a%00', 'a\0b', '-rf', '--x', '', ' ', '.g\u200dit/x', 'a\u202eb', 'x'.repeat(401)],
  ]) {
    it(`may not claim the scope ${JSON.stringify(entry).slice(0, 30)}`, () => {
      assert.notEqual(problems({ title: 'T', scope: [entry] }).length, 0);
    });
  }
  for (const entry of [
    'app/[id]/$id.tsx',
    'src/**/*.{ts,tsx}',
    '.github/',
    '.gitignore',
    'a b/ü.md',
    '...',
  ]) {
    it(`may claim the scope ${entry}`, () => {
      assert.deepEqual(draft({ title: 'T', scope: [entry] }).scope, [entry]);
    });
  }

  it('loses no field to a slip of the pen', () => {
    assert.deepEqual(problems({ title: 'T', acceptence: 'x' }), [
      '/acceptence is not a field; did you mean acceptance?',
    ]);
  });
  for (const [field, names] of Object.entries(OTHER_NAMES)) {
    const said = { dependsOn: ['a'], scope: ['src/'], priority: 2, kind: 'answer' }[field] ?? 'x';
    const own = draft({ title: 'T', [field]: said });
    for (const name of names) {
      const written = [
        name,
        name.replaceAll(' ', '_'),
        name.replaceAll(/ (.)/g, (_, c: string) => c.toUpperCase()),
      ];
      it(`may call ${field} ${written.join(', ')}`, () => {
        for (const key of written)
          assert.deepEqual(draft({ ...(field !== 'title' && { title: 'T' }), [key]: said }), own);
      });
    }
  }
  it('takes one list under two names as one list, and refuses one field with two values', () => {
    assert.deepEqual(draft({ title: 'T', dependsOn: ['a'], deps: ['a', 'b'] }).dependsOn, ['a', 'b']);
    assert.equal(draft({ title: 'T', name: 'T' }).title, 'T');
    assert.deepEqual(problems({ title: 'T', name: 'U' }), [
      '/name says something else than title, which is the same field',
    ]);
  });
  it('is told of mistakes under the names its author used', () => {
    assert.deepEqual(problems({ name: 'T', files: ['ok', '../up'] }), [
      '/files/1 contains `..`; it may not lead out of the repository',
    ]);
  });
  it('may say why and how hard; nobody acts on that', () => {
    const reading = readDraft({ title: 'T', estimate: 3, why: 'x', status: 'pending', subtasks: [] });
    assert.ok(reading.ok);
    assert.deepEqual(reading.ignored, ['estimate', 'why', 'status', 'subtasks']);
  });
  it('is refused with what nobody reads, each by its name', () => {
    assert.match(
      problems({ title: 'T', deadline: 'soon' })[0]!,
      /^\/deadline is not a field; the fields are id, title/,
    );
    assert.match(
      problems({ title: 'T', subtasks: [{ title: 'U' }] })[0]!,
      /^\/subtasks is not a field; list each as a task/,
    );
    assert.match(problems({ title: 'T', status: 'done' })[0]!, /^\/status is not a field; every task/);
  });
  it('may say in words and lists what is a number, a text or a list', () => {
    const said = draft({
      title: ['T'],
      description: ['First this.', 'Then that.'],
      acceptance: ['a works', 'b works'],
      verify: ['make', 'make test'],
      files: 'src/a.ts, src/b.ts',
      deps: 'one, two',
      priority: 'High',
      type: 'bug',
    });
    assert.deepEqual(said, {
      ...BLANK,
      label: 'T',
      description: 'First this.\nThen that.',
      acceptance: '- a works\n- b works',
      verify: 'make && make test',
      scope: ['src/a.ts', 'src/b.ts'],
      dependsOn: ['one', 'two'],
      priority: 2,
    });
    assert.deepEqual(draft({ title: 'T', scope: 'src/*.{ts,js}' }).scope, ['src/*.{ts,js}']);
    assert.deepEqual(draft({ title: 'T', dependsOn: 'None' }).dependsOn, []);
    assert.deepEqual(draft({ title: 'T', dependsOn: [{ id: 4 }], files: [{ path: 'a' }] }).dependsOn, ['4']);
  });
  it('is read whole or refused: no word that says something of the work is dropped in silence', () => {
    const key = fc.oneof(
      fc.constantFrom(...Object.entries(OTHER_NAMES).flatMap(([field, names]) => [field, ...names])),
      fc.stringMatching(/^[a-zA-Z_]{1,12}$/),
    );
    const value = fc.oneof(
      fc.stringMatching(/^w[a-z]{1,6}$/),
      fc.array(fc.stringMatching(/^w[a-z]{1,6}$/), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }), (fields) => {
        const reading = readDraft({ title: 'T', ...fields });
        if (!reading.ok) return;
        const read = JSON.stringify(reading.draft);
        for (const [name, said] of Object.entries(fields))
          if (!reading.ignored.includes(name))
            for (const word of [said].flat()) assert.ok(read.includes(word), `${name}: ${word}`);
        for (const name of reading.ignored) assert.ok(isRemark(name), name);
      }),
      { numRuns: 1_000 },
    );
  });
  it('cannot reach the prototype of anything', () => {
    const wire = JSON.parse('{"title":"T","__proto__":{"verify":"rm -rf /"},"constructor":{"x":1}}');
    assert.deepEqual(
      problems(wire).map((said) => said.split(' ')[0]),
      ['/__proto__', '/constructor'],
    );
    assert.equal(({} as { verify?: string }).verify, undefined);
  });
  it('is a draft or a list of problems, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.object(), (any, fields) => {
        for (const value of [any, { title: 'T', ...fields }]) {
          const reading = readDraft(value);
          assert.ok(reading.ok ? reading.draft.title.length > 0 : reading.problems.length > 0);
        }
      }),
    );
  });
  it('may be nested as deep as it likes where nobody looks', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    assert.equal(problems({ title: 'T', extra: deep }).length, 1);
    assert.equal(problems({ title: 'T', scope: deep }).length, 1);
  });
});

describe('a task as a command agent finds it', () => {
  it('is read back as the same task', () => {
    const {
      label: _,
      dependsOn: __,
      parent: ___,
      ...rest
    } = draft({
      title: 'T',
      scope: ['src/'],
      verify: 'true',
      role: 'coder',
    });
    const wire = toWire({ id: taskId(3), spec: { ...rest, dependsOn: [taskId(1)], parent: taskId(2) } });
    assert.deepEqual(draft(wire), {
      ...rest,
      label: 't3',
      dependsOn: ['t1'],
      parent: 't2',
    });
  });
  it('may call the other tasks as their author did', () => {
    const { label: _, parent: __, ...spec } = BLANK;
    const wire = toWire({ id: taskId(3), spec: { ...spec, dependsOn: [taskId(1)] } }, (id) => `my-${id}`);
    assert.deepEqual(wire.dependsOn, ['my-t1']);
  });
});

describe('the JSON Schema of the wire', () => {
  it('asks a task for its title alone and names every field', () => {
    const schema = taskSchema() as { required: string[]; properties: object; additionalProperties: boolean };
    assert.deepEqual(schema.required, ['title']);
    assert.equal(schema.additionalProperties, false);
    assert.ok(Object.keys(schema.properties).includes('dependsOn'));
  });
  it('asks a plan for its tasks alone', () => {
    assert.deepEqual((planSchema() as { required: string[] }).required, ['tasks']);
  });
});
