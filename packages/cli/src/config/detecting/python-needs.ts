/** What the tests of a Python project require: lists, extras, groups. All of it goes into a command line. */
import { type Folder, has, stringsOf, tableAt, tableOf, textOf, tomlTable } from './folder.ts';

export const REQUIREMENTS = [
  ...['requirements.txt', 'requirements-dev.txt', 'requirements-test.txt', 'requirements-tests.txt'],
  ...['dev-requirements.txt', 'test-requirements.txt', 'requirements/dev.txt', 'requirements/test.txt'],
  ...['requirements/tests.txt', 'requirements_dev.txt', 'requirements_test.txt', 'tests/requirements.txt'],
];
/** Extras and groups that hold what tests need, by their usual names. */
const TEST_NAMES = ['test', 'tests', 'testing', 'dev'];
/** A requirement without an address, as it may stand in a command line between single quotes. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,80}(?:\[[\w,. -]{1,80}\])?[\w.,<>=!~;*() "+-]{0,120}$/;
const MOST = 40;

interface Needs {
  /** Files of the usual names. */
  readonly lists: readonly string[];
  readonly named: {
    /** The extra that its own package installs them by. */
    readonly extra: string | undefined;
    /** Of groups, which only some managers can install; each as a word of a command line. */
    readonly requirements: readonly string[];
  };
  /** Whether something of this names pytest. */
  readonly isPytestNamed: boolean;
}

export function testRequirements(folder: Folder): Needs {
  const pyproject = tomlTable(textOf(folder, 'pyproject.toml'));
  const lists = REQUIREMENTS.filter((path) => has(folder, path));
  const extras = tableAt(pyproject, 'project', 'optional-dependencies');
  const extra = TEST_NAMES.find((name) => extras[name] !== undefined);
  const requirements = groupRequirements(pyproject);
  const said = [...requirements, ...(extra ? stringsOf(extras[extra]) : [])].join('\n');
  const listed = lists.map((path) => textOf(folder, path)).join('\n');
  return {
    lists,
    named: { extra, requirements: requirements.map(shellQuoted) },
    isPytestNamed: /^pytest\b(?!-)/m.test(`${said}\n${listed}`),
  };
}

/** Of dependency groups, poetry's groups and hatch's environments: the first there is. */
function groupRequirements(pyproject: Readonly<Record<string, unknown>>): readonly string[] {
  const groups = tableAt(pyproject, 'dependency-groups');
  const poetry = tableAt(pyproject, 'tool', 'poetry', 'group');
  const hatch = tableAt(pyproject, 'tool', 'hatch', 'envs');
  const found = [
    ...TEST_NAMES.map((name) => stringsOf(groups[name])),
    ...TEST_NAMES.map((name) => Object.keys(tableAt(poetry, name, 'dependencies'))),
    ...['hatch-test', 'default', 'test'].flatMap((name) => {
      const env = tableOf(hatch[name]);
      return [stringsOf(env.dependencies), stringsOf(env['extra-dependencies'])];
    }),
  ].find((list) => list.length > 0);
  return (found ?? []).filter((name) => PLAIN.test(name)).slice(0, MOST);
}

const shellQuoted = (word: string): string => (/^[\w.-]+$/.test(word) ? word : `'${word}'`);

/** What tox would install for the tests by itself, where pytest runs them; undefined where something else does. */
export function toxRequirements(folder: Folder): readonly string[] | undefined {
  const said = toxLines(textOf(folder, 'tox.ini'));
  if (!said.commands.some((command) => /\bpy\.?test\b/.test(command))) return undefined;
  return said.deps
    .filter((name) => PLAIN.test(name))
    .slice(0, MOST)
    .map(shellQuoted);
}

/** Of `[testenv]`; a value goes on in the lines below it that begin with a blank. */
function toxLines(ini: string): { readonly deps: readonly string[]; readonly commands: readonly string[] } {
  const said = { deps: [] as string[], commands: [] as string[] };
  let isWithin = false;
  let into: string[] | undefined;
  for (const line of ini.split('\n')) {
    if (line.startsWith('[')) isWithin = line.trim() === '[testenv]';
    const [, key, value = line] = /^(\w+)\s*=(.*)$/.exec(line) ?? [];
    if (key !== undefined) into = key === 'deps' || key === 'commands' ? said[key] : undefined;
    if (isWithin && value.trim() !== '') into?.push(value.trim());
  }
  return said;
}

/** Whether pip can install the folder itself. */
export function isPackage(folder: Folder): boolean {
  const pyproject = tomlTable(textOf(folder, 'pyproject.toml'));
  const isNamed = pyproject.project !== undefined || tableAt(pyproject, 'tool', 'poetry').name !== undefined;
  return isNamed || has(folder, 'setup.py') || /^\[metadata\]/m.test(textOf(folder, 'setup.cfg'));
}
