/** Gate and setup of a Python project: by its manager, else by pip in a folder of its own. */
import { type Folder, firstOf, has, type Kind, type Proposal, tableAt, textOf, tomlTable } from './folder.ts';
import { isPackage, testRequirements, toxRequirements } from './python-needs.ts';

interface Manager {
  readonly name: string;
  readonly lockfile: string;
  readonly setup: string;
  /** What a command of the prepared environment is run with; it must not fetch. */
  readonly run: string;
}

const MANAGERS: readonly Manager[] = [
  { name: 'uv', lockfile: 'uv.lock', setup: 'uv sync --locked --all-extras', run: 'uv run --no-sync' },
  {
    name: 'poetry',
    lockfile: 'poetry.lock',
    setup: 'poetry install --no-interaction --all-extras',
    run: 'poetry run',
  },
  { name: 'pdm', lockfile: 'pdm.lock', setup: 'pdm sync --dev', run: 'pdm run' },
  { name: 'pipenv', lockfile: 'Pipfile.lock', setup: 'pipenv sync --dev', run: 'pipenv run' },
];
const MARKS = ['pytest.ini', '.pytest.ini', 'conftest.py', 'tests/conftest.py', 'test/conftest.py'];
const SECTIONS = { 'pyproject.toml': '[tool.pytest', 'setup.cfg': '[tool:pytest]', 'tox.ini': '[pytest]' };
const TESTS = /^(?:(tests?)\/)?(?:test_[^/]*|[^/]*_test)\.py$/;

/** What says that pytest runs the tests. */
function pytestMark(folder: Folder): string | undefined {
  const file = firstOf(folder, MARKS);
  if (file) return file;
  const section = Object.entries(SECTIONS).find(([path, words]) => textOf(folder, path).includes(words));
  if (section) return `${section[1]}${section[1].endsWith(']') ? '' : '…'} in ${section[0]}`;
  return testRequirements(folder).isPytestNamed ? 'pytest among what it requires' : undefined;
}

const managed = (manager: Manager): Kind => ({
  name: manager.name,
  propose(folder) {
    const { name, lockfile, setup, run } = manager;
    if (!has(folder, lockfile)) return [];
    const mark = pytestMark(folder);
    if (!mark) return [{ setup, why: [lockfile], needs: [name] }];
    const plain = { setup, gate: `${run} pytest -q`, why: [lockfile, mark], needs: [name] };
    const byPip = pip(folder, mark);
    return [plain, { ...byPip, why: [...byPip.why, `pip, as ${name} is not there`] }];
  },
});

const HATCH: Kind = {
  name: 'hatch',
  propose(folder) {
    const envs = tableAt(tomlTable(textOf(folder, 'pyproject.toml')), 'tool', 'hatch', 'envs');
    if (Object.keys(envs).length === 0) return [];
    const why = ['[tool.hatch.envs…] in pyproject.toml'];
    const hasScript = tableAt(envs, 'default', 'scripts').test !== undefined;
    const plain: Proposal = hasScript
      ? { setup: 'hatch env create', gate: 'hatch run test', why, needs: ['hatch'] }
      : { setup: 'hatch env create hatch-test', gate: 'hatch test', why, needs: ['hatch'] };
    return [plain, { ...pip(folder, why[0]!), why: [...why, 'pip, as hatch is not there'] }];
  },
};

const PYTEST: Kind = {
  name: 'pytest',
  propose(folder) {
    const mark = pytestMark(folder);
    return mark ? [pip(folder, mark)] : [];
  },
};

/** What is listed nowhere is taken to be there: tests of a project without dependencies run with the machine's pytest. */
function pip(folder: Folder, mark: string, besides: readonly string[] = []): Proposal {
  const { lists, named } = testRequirements(folder);
  const isOwn = isPackage(folder);
  if (lists.length + besides.length === 0 && !isOwn)
    return { gate: 'python3 -m pytest -q', why: [mark], needs: ['python3'] };
  const own = isOwn ? ['-e', named.extra ? `'.[${named.extra}]'` : '.'] : [];
  const requirements = [...named.requirements, ...besides];
  const more = requirements.some((name) => /^'?pytest\b(?!-)/.test(name)) ? [] : ['pytest'];
  const wanted = [...own, ...lists.map((path) => `-r ${path}`), ...requirements, ...more].join(' ');
  return {
    setup: `python3 -m venv .venv && .venv/bin/pip install -q ${wanted}`,
    gate: '.venv/bin/python -m pytest -q',
    why: [mark, ...lists, ...(isOwn ? ['a package of its own'] : [])],
    needs: ['python3'],
  };
}

const TOX: Kind = {
  name: 'tox',
  propose(folder) {
    const mark = /^\[testenv/m.test(textOf(folder, 'tox.ini')) ? '[testenv] in tox.ini' : toxTable(folder);
    if (!mark) return [];
    const setup = 'tox run --notest';
    const plain = { setup, gate: 'tox run --skip-pkg-install', why: [mark], needs: ['tox'] };
    const wanted = toxRequirements(folder);
    if (!wanted) return [plain];
    const byPip = pip(folder, mark, wanted);
    return [plain, { ...byPip, why: [...byPip.why, 'pip, as tox is not there'] }];
  },
};

function toxTable(folder: Folder): string | undefined {
  const table = tableAt(tomlTable(textOf(folder, 'pyproject.toml')), 'tool', 'tox');
  if (Object.keys(table).length > 0) return '[tool.tox] in pyproject.toml';
  return firstOf(folder, ['tox.toml']);
}

const UNITTEST: Kind = {
  name: 'unittest',
  propose(folder) {
    const test = [...folder.names].find((name) => TESTS.test(name));
    if (test === undefined) return [];
    const within = TESTS.exec(test)?.[1];
    const where =
      within === undefined
        ? ''
        : has(folder, `${within}/__init__.py`)
          ? ` -s ${within} -t .`
          : ` -s ${within}`;
    const { lists } = testRequirements(folder);
    const isOwn = isPackage(folder);
    const discover = `-m unittest discover${where} -p '${/_test\.py$/.test(test) ? '*_test.py' : 'test_*.py'}'`;
    if (lists.length === 0 && !isOwn)
      return [{ gate: `python3 ${discover}`, why: [test], needs: ['python3'] }];
    const wanted = [...(isOwn ? ['-e .'] : []), ...lists.map((path) => `-r ${path}`)].join(' ');
    const setup = `python3 -m venv .venv && .venv/bin/pip install -q ${wanted}`;
    return [{ setup, gate: `.venv/bin/python ${discover}`, why: [test, ...lists], needs: ['python3'] }];
  },
};

/** unittest last: its tests are known by their names alone. */
export const PYTHON: readonly Kind[] = [...MANAGERS.map(managed), HATCH, PYTEST, TOX, UNITTEST];
