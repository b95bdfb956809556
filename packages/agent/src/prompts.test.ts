import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { PromptName } from '@swarm/core/ports/world';
import { KNOWN_ROLES } from '@swarm/core/rules/roles';
import { makeFolder } from '../test/support.ts';
import { createPrompts, PROMPT_VARIABLES } from './prompts.ts';

const SHIPPED = new URL('../../../prompts', import.meta.url).pathname;
const names = Object.keys(PROMPT_VARIABLES) as PromptName[];
const filled = (name: PromptName, value = (v: string) => `<${v}>`) =>
  Object.fromEntries(PROMPT_VARIABLES[name]!.map((v) => [v, value(v)]));
const isSW0205 = (what: RegExp) => (error: unknown) =>
  error instanceof SwarmError && error.problems[0]!.code === 'SW0205' && what.test(error.problems[0]!.what);

const CONFLICT = '---\nvariables: [files, ours, theirs]\n---\n{{ files }} {{ ours }} {{ theirs }}\n';
const FILES = { files: 'f', ours: 'o', theirs: 't' };

test('every prompt we ship is one the orchestrator can fill in', () => {
  const files = readdirSync(SHIPPED).filter((file) => file !== 'README.md');
  const roles = KNOWN_ROLES.filter((role) => role !== 'coder');
  assert.deepEqual(files.sort(), [...names, ...roles].map((name) => `${name}.md`).sort());
  const prompts = createPrompts({ folder: SHIPPED });
  for (const role of roles)
    assert.match(prompts.render('worker', filled('worker'), role).system, /^You .*## Your role: /s);
});

for (const name of names) {
  test(`${name}.md shows every variable, and neither its front matter nor a hole`, () => {
    const { system, text: user, hash } = createPrompts({ folder: SHIPPED }).render(name, filled(name));
    const text = `${system}\n${user}`;
    // `kind` is only asked about; the next test looks at both its answers.
    for (const variable of PROMPT_VARIABLES[name]!.filter((v) => v !== 'kind')) {
      assert.ok(text.includes(`<${variable}>`), variable);
    }
    assert.doesNotMatch(text, /variables:|\{\{|\{%/);
    assert.match(hash, /^[0-9a-f]{12}$/);
  });

  test(`${name}.md refuses one variable too few and one too many`, () => {
    const { render } = createPrompts({ folder: SHIPPED });
    const [first, ...rest] = PROMPT_VARIABLES[name]!;
    const few = Object.fromEntries(rest.map((v) => [v, 'x']));
    assert.throws(() => render(name, few), isSW0205(new RegExp(`declared and not given: ${first}`)));
    assert.throws(
      () => render(name, { ...filled(name), extra: 'x' }),
      isSW0205(/given and not declared: extra/),
    );
  });

  test(`${name}.md inserts what models and repositories say as text, never as a template`, () => {
    const hostile = '{{ title }}{% for i in (1..99) %}{% include "/etc/passwd" %}';
    const { text } = createPrompts({ folder: SHIPPED }).render(
      name,
      filled(name, () => hostile),
    );
    assert.ok(text.includes(hostile));
  });
}

test('what stays the same is the system message, and nothing a run says stands in it', () => {
  const { render } = createPrompts({ folder: SHIPPED });
  for (const name of names.filter((name) => name !== 'conflict')) {
    const one = render(name, filled(name));
    assert.equal(
      one.system,
      render(
        name,
        filled(name, () => 'other'),
      ).system,
      name,
    );
    assert.match(one.system, /^You /, name);
  }
});

test('a prompt without the line that divides it is all the user’s, and one with two is refused', (t) => {
  const parts = (text: string) => {
    const folder = makeFolder(t, { 'conflict.md': text });
    return createPrompts({ folder }).render('conflict', { ...FILES, ours: '<!-- user -->\n' });
  };
  assert.equal(parts(CONFLICT).system, '');
  const divided = CONFLICT.replace('{{ files }}', '{{ files }}\n<!-- user -->\n');
  assert.deepEqual([parts(divided).system, parts(divided).text], ['f', '<!-- user -->\n t\n']);
  assert.throws(
    () => parts(divided.replace('{{ theirs }}', '\n<!-- user -->\n{{ theirs }}')),
    isSW0205(/more than once/),
  );
});

test("a worker's prompt has a part only where there is something to say", () => {
  const { render } = createPrompts({ folder: SHIPPED });
  const heads = (over: object) => {
    const said = { verify: '', gate: '', upstream: '', earlier_attempts: '', hint: '', kind: 'change' };
    const empty = { ...said, project_instructions: '' };
    const { text } = render('worker', { ...filled('worker'), ...empty, ...over });
    assert.doesNotMatch(text, /\n\n\n/);
    return text;
  };
  assert.doesNotMatch(
    heads({}),
    /project_instructions|earlier_attempts|operator|before yours|answer, not for a change|gate, which/,
  );
  assert.match(
    heads({ earlier_attempts: 'it broke' }),
    /<earlier_attempts>\n[\s\S]*it broke\n<\/earlier_attempts>/,
  );
  assert.match(
    heads({ project_instructions: 'tabs' }),
    /<project_instructions>[\s\S]*tabs\n<\/project_instructions>/,
  );
  assert.match(heads({ kind: 'answer' }), /asks for an answer, not for a change/);
});

test('an override replaces ours by name', (t) => {
  const folder = makeFolder(t, { 'conflict.md': CONFLICT });
  const overrides = makeFolder(t, { 'conflict.md': CONFLICT.replace('{{ files }}', 'mine {{ files }}') });
  assert.equal(createPrompts({ folder, overrides }).render('conflict', FILES).text, 'mine f o t\n');
  assert.equal(createPrompts({ folder, overrides: '/no/such' }).render('conflict', FILES).text, 'f o t\n');
});

test('an edit counts at the next use; a broken one is told once and the last good text stays', (t) => {
  const folder = makeFolder(t, { 'conflict.md': CONFLICT });
  const told: Problem[] = [];
  const texts: string[] = [];
  const onText = ({ hash, raw }: { hash: string; raw: string }) => texts.push(`${hash} ${raw.length}`);
  const prompts = createPrompts({ folder, onBroken: (p) => told.push(p), onText });
  const first = prompts.hash('conflict');
  writeFileSync(join(folder, 'conflict.md'), CONFLICT.replace('{{ ours }}', 'also {{ ours }}'));
  const good = prompts.render('conflict', FILES);
  assert.equal(good.text, 'f also o t\n');
  assert.notEqual(good.hash, first);
  for (const broken of [
    CONFLICT.replace('{{ ours }}', '{{ ours'),
    CONFLICT.replace('{{ ours }}', '{{ our }}'),
  ]) {
    writeFileSync(join(folder, 'conflict.md'), broken);
    assert.deepEqual(prompts.render('conflict', FILES), good);
    assert.equal(prompts.hash('conflict'), good.hash);
  }
  rmSync(join(folder, 'conflict.md'));
  assert.deepEqual(prompts.render('conflict', FILES), good);
  assert.deepEqual(
    told.map((p) => p.code),
    ['SW0205', 'SW0205', 'SW0205'],
  );
  const edited = CONFLICT.length + 'also '.length;
  assert.deepEqual(texts, [`${first} ${CONFLICT.length}`, `${good.hash} ${edited}`]);
  assert.match(told[1]!.what, /declared and not used: ours; used and not declared: our$/);
});

for (const [what, text, problem] of [
  ['no front matter', '{{ files }}', /front matter/],
  ['a variable it does not declare', CONFLICT.replace('[files, ', '['), /used and not declared: files/],
  ['a variable it does not use', CONFLICT.replace('{{ files }}', ''), /declared and not used: files/],
  [
    'a variable swarm does not offer',
    '---\nvariables: [a]\n---\n{{ a }}',
    /declared and not offered by swarm: a/,
  ],
  ['another file to read', `${CONFLICT}{% render '/etc/passwd' %}`, /ENOENT/],
  ['an unknown filter', `${CONFLICT}{{ files | shout }}`, /shout/],
] as const) {
  test(`a prompt with ${what} is refused`, (t) => {
    const { render } = createPrompts({ folder: makeFolder(t, { 'conflict.md': text }) });
    assert.throws(() => render('conflict', FILES), isSW0205(problem));
  });
}

test('a prompt that cannot be rendered is refused too', (t) => {
  const text = CONFLICT.replace('{{ ours }}', '{{ ours.deep.inside }}');
  const { render } = createPrompts({ folder: makeFolder(t, { 'conflict.md': text }) });
  assert.throws(() => render('conflict', FILES), isSW0205(/undefined variable: ours.deep/));
});

test('a prompt that is not there is refused by its path', (t) => {
  const folder = makeFolder(t);
  assert.throws(
    () => createPrompts({ folder }).hash('reviewer'),
    isSW0205(/reviewer\.md cannot be used: .*ENOENT/),
  );
});

const WORKER = readFileSync(join(SHIPPED, 'worker.md'), 'utf8');
const ROLE = '---\nvariables: [title]\n---\nYou rhyme on {{ title }}.\n';

test('a role’s file is told after the worker’s rules, with the values it declares, and the hash names both', (t) => {
  const overrides = makeFolder(t, { 'poet.md': ROLE });
  const { render } = createPrompts({ folder: SHIPPED, overrides });
  const plain = render('worker', filled('worker'));
  const poet = render('worker', filled('worker'), 'poet');
  assert.equal(poet.system, `${plain.system}\n\nYou rhyme on <title>.`);
  assert.equal(poet.text, plain.text);
  assert.match(poet.hash, new RegExp(`^${plain.hash}/[0-9a-f]{12}$`));
});

test('a role’s file with a part for the user stands in the place of the worker’s', (t) => {
  const overrides = makeFolder(t, { 'poet.md': WORKER.replace('You are a worker', 'You are a poet') });
  const poet = createPrompts({ folder: SHIPPED, overrides }).render('worker', filled('worker'), 'poet');
  assert.match(poet.system, /^You are a poet/);
  assert.match(poet.hash, /^\/[0-9a-f]{12}$/);
});

test('a role without a file, and a name that is no role’s, have the worker’s prompt as it stands', (t) => {
  const outside = makeFolder(t, { 'secret.md': ROLE, 'prompts/planner.md': ROLE });
  const { render } = createPrompts({ folder: SHIPPED, overrides: join(outside, 'prompts') });
  const plain = render('worker', filled('worker'));
  for (const role of ['coder', 'poet', '../secret', 'planner'])
    assert.deepEqual(render('worker', filled('worker'), role), plain, role);
});

test('a role’s file that wants what no worker is told, or leaves out what it has to show, is refused', (t) => {
  const refuses = (text: string, what: RegExp): void => {
    const overrides = makeFolder(t, { 'poet.md': text });
    const { hash } = createPrompts({ folder: SHIPPED, overrides });
    assert.throws(() => hash('poet'), isSW0205(what));
  };
  refuses(ROLE.replaceAll('title', 'keys'), /declared and not offered by swarm: keys/);
  refuses(
    ROLE.replace('You rhyme', 'You rhyme\n<!-- user -->\n'),
    /offered by swarm and not declared: task_id/,
  );
  refuses('You rhyme.', /does not begin with front matter/);
});
