import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PIECE_MAX, type PlanOutcome, PlanScanner } from './json-scanner.ts';
import type { PlanPiece } from './plan-pieces.ts';

function scan(...chunks: string[]): { said: string[]; outcome: PlanOutcome } {
  const scanner = new PlanScanner();
  const pieces = chunks.flatMap((chunk) => scanner.push(chunk));
  const { pieces: last, outcome } = scanner.end();
  return { said: [...pieces, ...last].map(say), outcome };
}
function say(piece: PlanPiece): string {
  if (piece.kind === 'task') return `task ${(piece.value as { id?: string }).id}`;
  if (piece.kind === 'cancel') return `cancel ${piece.labels.join(' ')}`;
  if (piece.kind === 'scratchpad') return `scratchpad ${piece.text}`;
  if (piece.kind === 'requirements') return `requirements ${JSON.stringify(piece.values)}`;
  return piece.kind === 'done' ? `done ${piece.value}` : `broken: ${piece.why}`;
}
const A = '{"id":"a","title":"A {not} [a] \\"brace\\" \\\\","scope":["src/{x,y}/[id].ts"]}';
const B = '{"id":"b","title":"B","nested":{"tasks":[{"id":"no","title":"no"}]}}';
const WHOLE = `{"tasks":[${A},\n ${B}],"cancel":["x",7],"scratchpad":"line\\none","done":false}`;
const PIECES = ['task a', 'task b', 'cancel x 7', 'scratchpad line\none', 'done false'];

describe('a plan in a stream', () => {
  it('gives the list of requirements as it was written, and says what is no list', () => {
    const list = '[{"id":"R1","status":"met"},7]';
    assert.deepEqual(scan(`{"tasks":[${A}],"requirements":${list},"done":true}`).said, [
      'task a',
      `requirements ${list}`,
      'done true',
    ]);
    assert.deepEqual(scan('{"tasks":[],"requirements":"all"}').said, [
      'broken: requirements must be an array of objects',
    ]);
  });
  it('gives each task the moment it closes, and the rest when that closes', () => {
    const scanner = new PlanScanner();
    const at = (text: string): string[] => scanner.push(text).map(say);
    assert.deepEqual(at(`{"tasks":[${A.slice(0, -1)}`), []);
    assert.deepEqual(at('}'), ['task a']);
    assert.deepEqual(at(`,${B}`), ['task b']);
    assert.deepEqual(at('],"cancel":["x"]'), ['cancel x']);
    assert.deepEqual(at(',"scratchpad":"s"'), ['scratchpad s']);
    assert.deepEqual(at(',"done":true'), []);
    assert.deepEqual(at('}'), ['done true']);
    assert.equal(scanner.end().outcome, 'whole');
  });

  for (const [shape, text, said] of [
    ['as agreed', WHOLE, PIECES],
    [
      'in a fence with words around',
      `Here {it} is [1]:\n\`\`\`json\n${WHOLE}\n\`\`\`\nDone [x] {y}.`,
      PIECES,
    ],
    ['as a bare array', `[${A}, ${B}]`, ['task a', 'task b']],
    [
      'one object a line',
      `${A}\n${B}\n{"scratchpad":"s","done":true}\n`,
      ['task a', 'task b', 'scratchpad s', 'done true'],
    ],
    [
      'with the tasks last',
      `{"done":false,"scratchpad":"s","tasks":[${A}]}`,
      ['done false', 'scratchpad s', 'task a'],
    ],
    ['wrapped in something', `{"plan":{"name":"x","tasks":[${A}]}}`, ['task a']],
    ['with a title of its own', `{"title":"The plan","tasks":[${A}]}`, ['task a']],
    [
      'with commas before brackets',
      `{"tasks":[${A.replace(/}$/, ',}')},],"done":true,}`,
      ['task a', 'done true'],
    ],
    ['with a line end in a string', '{"tasks":[{"id":"a","title":"two\nlines"}]}', ['task a']],
    ['with no task', '{"tasks":[],"done":true}', ['done true']],
  ] as const) {
    it(`is read ${shape}`, () => {
      assert.deepEqual(scan(text), { said: [...said], outcome: 'whole' });
    });
  }

  it('gives a task’s text as JSON that reads back as the task', () => {
    const [piece] = new PlanScanner().push('[{"id" : "a",\n "title":"x\ty", "scope":[ 1 , ] , } ]');
    assert.ok(piece?.kind === 'task');
    assert.equal(piece.text, '{"id":"a","title":"x\\ty","scope":[1]}');
    assert.deepEqual(piece.value, JSON.parse(piece.text));
  });
  it('is not made of objects in the prose that are no tasks', () => {
    const prose =
      'Set {"name":"x","id":3}, [{"path":"a"}], {"a":{"title":"no"}} and {} or [] as in f({a: 1}).';
    assert.deepEqual(scan(prose), { said: [], outcome: 'unreadable' });
    assert.deepEqual(scan(`${prose}\n${WHOLE}\n${prose}`), { said: PIECES, outcome: 'whole' });
  });
  it('is an object that stands alone with a title, or with an id and a description', () => {
    assert.deepEqual(scan('{"title":"x"}').said, ['task undefined']);
    assert.deepEqual(scan('{"id":"a","description":"x"}').said, ['task a']);
    assert.deepEqual(scan('{"description":"x"}').said, []);
  });
  it('keeps what closed when it is cut', () => {
    assert.deepEqual(scan(`{"tasks":[${A},{"id":"b","ti`), { said: ['task a'], outcome: 'cut' });
    assert.deepEqual(scan(`[${A},`), { said: ['task a'], outcome: 'cut' });
    assert.deepEqual(scan(`${A}\n{"id":"b","title":"B`), { said: ['task a'], outcome: 'cut' });
    assert.deepEqual(scan('{"tasks":'), { said: [], outcome: 'unreadable' });
  });
  it('is unreadable when there is none: that is never "no more tasks"', () => {
    for (const text of ['', 'I could not do it.', '[]', '{}', '"tasks"', 'null', '{"tasks":"none"}']) {
      assert.equal(scan(text).outcome, 'unreadable', text);
    }
  });
  for (const [slip, text] of [
    [
      'comments',
      '{"tasks":[ // the first, with a { and a "\n{"id":"a", /* none * yet */ "title":"A"} # last\n]}',
    ],
    ['single quotes', "{'tasks':[{'id':'a','title':'it\\'s \"A\"'}]}"],
    ['names without quotes', '{"tasks":[{id:"a",title:"A",dependsOn:[]}],done:false}'],
    ['words of Python', '{"tasks":[{"id":"a","title":"A","verify":None}],"done":False}'],
    ['all of them at once', "[{'id':'a', title: 'A', 'verify': None,}, # that is all\n]"],
  ] as const) {
    it(`reads ${slip} as they are meant, however the stream is cut`, () => {
      for (let size = 1; size < text.length; size++) {
        const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
        const { said, outcome } = scan(...chunks);
        assert.deepEqual([said[0], outcome], ['task a', 'whole'], `in pieces of ${size}`);
        assert.ok(said.every((piece) => !piece.startsWith('broken')));
      }
    });
  }
  it('goes on with the next task after a broken one', () => {
    for (const bad of [
      '{"id":"bad","title":unquoted,"scope":["x"]}',
      '{"id":"bad","title":"say "hi" to","scope":["x"]}',
      '{"id":"bad","title":"x" y", "p":1\n}',
      "{'id':'bad' 'title':'x'}",
      '{id: "bad", "title": "x", / "priority": 1}',
      '{"id":"bad" "title":"x"}',
      '{"id":"bad","title":"x","n":01x}',
      '{"id":"bad","title":"\\q"}',
    ]) {
      const { said, outcome } = scan(`{"tasks":[${A},${bad},${B}],"done":true}`);
      assert.equal(said.length, 4, bad);
      assert.deepEqual([said[0], said[2], said[3]], ['task a', 'task b', 'done true'], bad);
      assert.match(said[1]!, /^broken: /);
      assert.equal(outcome, 'whole');
    }
  });
  it('goes on with the next line after a broken one', () => {
    const { said } = scan(`{"id":"x","title":"open [{ \n${A}\n{"title":"x", [[ {\n${B}`);
    assert.deepEqual(
      said.filter((s) => s.startsWith('task')),
      ['task b'],
    );
    assert.ok(said.some((s) => s.startsWith('broken')));
  });
  it('names what is no object among its tasks, and fields of the wrong kind', () => {
    assert.deepEqual(scan(`{"tasks":["do it",[1],${A}],"done":"yes","cancel":"a","scratchpad":null}`).said, [
      'broken: a task must be an object',
      'broken: a task must be an object',
      'task a',
      'broken: done must be true or false',
      'broken: cancel must be an array of ids',
    ]);
  });
  it('says it was cut where the part around the tasks cannot be read', () => {
    assert.deepEqual(scan(`{"tasks":[${A}],"scratchpad":oops}`), { said: ['task a'], outcome: 'cut' });
  });
  it('passes over what is too large or too deep, and goes on', () => {
    const large = `{"id":"bad","title":"x","description":"${'y'.repeat(PIECE_MAX)}"}`;
    const deep = `{"id":"bad","x":${'['.repeat(100)}${']'.repeat(100)}}`;
    assert.deepEqual(scan(`{"tasks":[${large},${deep},${A}]}`), {
      said: [
        'broken: it is longer than 262144 characters',
        'broken: it is nested deeper than 64 levels',
        'task a',
      ],
      outcome: 'whole',
    });
    assert.deepEqual(scan(`{"x":"${'y'.repeat(PIECE_MAX)}"} ${A}`).said, ['task a']);
    assert.deepEqual(scan(`{"scratchpad":"${'y'.repeat(PIECE_MAX)}","tasks":[${A}]}`).said, [
      'broken: scratchpad is too long',
      'task a',
    ]);
  });
  it('leaves every prototype alone', () => {
    const [piece] = new PlanScanner().push('{"title":"x","__proto__":{"polluted":true}}');
    assert.ok(piece?.kind === 'task');
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.ok(Object.hasOwn(piece.value as object, '__proto__'));
  });

  it('is the same however the stream is chopped', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(400), { maxLength: 20, size: 'max' }), (t, cuts) => {
        const at = [0, ...cuts.map((c) => c % (t.length + 1)).sort((a, b) => a - b), t.length];
        const chunks = at.slice(1).map((end, i) => t.slice(at[i], end));
        assert.deepEqual(scan(...chunks), scan(t));
        assert.deepEqual(scan(...t), scan(t));
      }),
      { numRuns: 500 },
    );
  });
  it('keeps its first pieces whatever comes after a cut', () => {
    fc.assert(
      fc.property(fc.nat(WHOLE.length), fc.string(), (at, garbage) => {
        const { said } = scan(WHOLE.slice(0, at));
        assert.deepEqual(said, PIECES.slice(0, said.length));
        scan(WHOLE.slice(0, at) + garbage);
      }),
      { numRuns: 500 },
    );
  });
  it('is read from a million characters one by one in seconds', () => {
    const many = `{"tasks":[${Array.from({ length: 9_000 }, () => A).join(',')}]}`;
    for (const [t, tasks] of [
      [many, 9_000],
      ['['.repeat(1_000_000), 0],
      ['{"title":'.repeat(110_000), 0],
      ['{"id":"x","title":"'.repeat(50_000), 0],
    ] as const) {
      const scanner = new PlanScanner();
      const before = process.cpuUsage();
      let count = 0;
      for (const c of t) count += scanner.push(c).filter((p) => p.kind === 'task').length;
      scanner.end();
      // CPU spent, in microseconds: what else the machine does is not in it.
      assert.ok(process.cpuUsage(before).user < 20_000_000);
      assert.equal(count, tasks);
    }
  });
});

const bit = fc.constantFrom(
  A,
  B,
  WHOLE,
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\n',
  'x',
  '1',
  'true',
  '"id"',
  '"title"',
  '"tasks":',
  '```',
);
const text = fc.oneof(
  fc.array(bit, { maxLength: 40, size: 'max' }).map((bits) => bits.join('')),
  fc.json(),
  fc.string(),
);
