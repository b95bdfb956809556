/** Gate and setup of a Python project: by the lockfile of its manager, else by pip in a folder of its own. */
import { type Detected, firstOf, type ListingReader } from './files.ts';

interface Manager {
  readonly lockfile: string;
  readonly setup: string;
  /** What a command of the prepared environment is run with; it must not fetch. */
  readonly run: string;
}

const MANAGERS: readonly Manager[] = [
  { lockfile: 'uv.lock', setup: 'uv sync --locked --all-extras', run: 'uv run --no-sync' },
  { lockfile: 'poetry.lock', setup: 'poetry install --no-interaction --all-extras', run: 'poetry run' },
  { lockfile: 'pdm.lock', setup: 'pdm sync --dev', run: 'pdm run' },
  { lockfile: 'Pipfile.lock', setup: 'pipenv sync --dev', run: 'pipenv run' },
];
const MARKS = ['pytest.ini', '.pytest.ini', 'conftest.py', 'tests/conftest.py', 'test/conftest.py'];
const SECTIONS = { 'pyproject.toml': '[tool.pytest', 'setup.cfg': '[tool:pytest]', 'tox.ini': '[pytest]' };
const REQUIREMENTS = [
  ...['requirements.txt', 'requirements-dev.txt', 'requirements-test.txt', 'requirements-tests.txt'],
  ...['dev-requirements.txt', 'test-requirements.txt', 'requirements/dev.txt', 'requirements/test.txt'],
];
/** Extras and groups that hold what tests need, by their usual names. */
const TEST_EXTRAS = ['test', 'tests', 'testing', 'dev'];

export async function detectPython(files: ListingReader): Promise<Detected | undefined> {
  const pyproject = (await files.read('pyproject.toml')) ?? '';
  const mark = (await firstOf(files, MARKS)) ?? (await pytestSection(files));
  for (const { lockfile, setup, run } of MANAGERS) {
    if (!(await files.has(lockfile))) continue;
    const tested = mark ? { gate: `${run} pytest -q`, why: [lockfile, mark] } : { why: [lockfile] };
    return { setup, ...tested };
  }
  if (/^\[tool\.hatch\.envs\./m.test(pyproject)) return hatch(pyproject);
  if (mark) return pip(files, pyproject, mark);
  return tox(files);
}

async function pytestSection(files: ListingReader): Promise<string | undefined> {
  for (const [path, section] of Object.entries(SECTIONS)) {
    if ((await files.read(path))?.includes(section)) return `${section}… in ${path}`;
  }
  return undefined;
}

function hatch(pyproject: string): Detected {
  const why = ['[tool.hatch.envs…] in pyproject.toml'];
  const hasScript = /^\[tool\.hatch\.envs\.default\.scripts\][^[]*^test\s*=/m.test(pyproject);
  return hasScript
    ? { setup: 'hatch env create', gate: 'hatch run test', why }
    : { setup: 'hatch env create hatch-test', gate: 'hatch test', why };
}

/** What is listed nowhere is taken to be there: tests of a project without dependencies run with the machine's pytest. */
async function pip(files: ListingReader, pyproject: string, mark: string): Promise<Detected> {
  const lists = [];
  for (const path of REQUIREMENTS) if (await files.has(path)) lists.push(path);
  const isPackage = /^\[project\]/m.test(pyproject) || (await files.has('setup.py'));
  if (lists.length === 0 && !isPackage) return { gate: 'python3 -m pytest -q', why: [mark] };
  const extra = TEST_EXTRAS.find((name) => hasExtra(pyproject, name));
  const own = isPackage ? [extra ? `-e '.[${extra}]'` : '-e .'] : [];
  const wanted = [...own, ...lists.map((path) => `-r ${path}`), 'pytest'].join(' ');
  return {
    setup: `python3 -m venv .venv && .venv/bin/pip install -q ${wanted}`,
    gate: '.venv/bin/python -m pytest -q',
    why: [mark, ...lists, ...(isPackage ? ['a package of its own'] : [])],
  };
}

const hasExtra = (pyproject: string, name: string): boolean =>
  new RegExp(`^\\[project\\.optional-dependencies\\][^[]*(?:\\[[^\\]]*\\][^[]*)*?^${name}\\s*=`, 'm').test(
    pyproject,
  );

async function tox(files: ListingReader): Promise<Detected | undefined> {
  if (!/^\[testenv/m.test((await files.read('tox.ini')) ?? '')) return undefined;
  return { setup: 'tox run --notest', gate: 'tox run --skip-pkg-install', why: ['[testenv] in tox.ini'] };
}
