/** Gate and setup of a repository that names none, found by its manifests and lockfiles. */

/** Files of the target's commit (or of the work tree); paths are relative to the top. */
export interface ListingReader {
  has(path: string): Promise<boolean>;
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
}

export interface Detected {
  readonly gate?: string;
  readonly setup?: string;
  /** What was found, one clause each: shown before anything runs. */
  readonly why: readonly string[];
}

interface Manager {
  readonly lockfiles: readonly string[];
  readonly setup: string;
  readonly test: string;
}

/** First match wins. npm last: its lockfile is the one left behind when a project moves on. */
const MANAGERS: readonly Manager[] = [
  { lockfiles: ['pnpm-lock.yaml'], setup: 'pnpm install --frozen-lockfile', test: 'pnpm test' },
  { lockfiles: ['bun.lock', 'bun.lockb'], setup: 'bun install --frozen-lockfile', test: 'bun run test' },
  { lockfiles: ['yarn.lock'], setup: 'yarn install --frozen-lockfile', test: 'yarn test' },
  { lockfiles: ['package-lock.json', 'npm-shrinkwrap.json'], setup: 'npm ci', test: 'npm test' },
];

/** What `npm init` writes for `test`: it always fails and tests nothing. */
const NO_TEST = /no test specified/;

/** Tried in this order; the first that knows a gate is taken, and a setup without a gate is kept as well. */
export async function detectCommands(files: ListingReader): Promise<Detected> {
  const node = await detectNode(files);
  if (node?.gate) return node;
  for (const detect of [detectCargo, detectGo, detectPytest, detectMake]) {
    const found = await detect(files);
    if (found)
      return node ? { ...found, ...node, gate: found.gate!, why: [...node.why, ...found.why] } : found;
  }
  return node ?? { why: ['no manifest with tests that we know'] };
}

async function detectNode(files: ListingReader): Promise<Detected | undefined> {
  const text = await files.read('package.json');
  if (text === undefined) return undefined;
  const test = scriptIn(text, 'test');
  const hasTest = test !== undefined && !NO_TEST.test(test);
  for (const manager of MANAGERS) {
    const lockfile = await firstOf(files, manager.lockfiles);
    if (!lockfile) continue;
    return {
      setup: manager.setup,
      ...(hasTest && { gate: manager.test }),
      why: [lockfile, hasTest ? 'scripts.test in package.json' : 'no scripts.test in package.json'],
    };
  }
  return hasTest
    ? { gate: 'npm test', why: ['scripts.test in package.json', 'no lockfile'] }
    : { why: ['no scripts.test in package.json'] };
}

function scriptIn(packageJson: string, name: string): string | undefined {
  try {
    const script = (JSON.parse(packageJson) as { scripts?: Record<string, unknown> } | null)?.scripts?.[name];
    return typeof script === 'string' ? script : undefined;
  } catch {
    return undefined;
  }
}

async function firstOf(files: ListingReader, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await files.has(path)) return path;
  return undefined;
}

async function detectCargo(files: ListingReader): Promise<Detected | undefined> {
  if (!(await files.has('Cargo.toml'))) return undefined;
  const isLocked = await files.has('Cargo.lock');
  return {
    // Without it cargo ends with the first crate that fails: nobody could say that the others are no worse.
    gate: isLocked ? 'cargo test --locked --no-fail-fast' : 'cargo test --no-fail-fast',
    setup: isLocked ? 'cargo fetch --locked' : 'cargo fetch',
    why: ['Cargo.toml'],
  };
}

async function detectGo(files: ListingReader): Promise<Detected | undefined> {
  if (!(await files.has('go.mod'))) return undefined;
  return { gate: 'go test ./...', setup: 'go mod download', why: ['go.mod'] };
}

async function detectPytest(files: ListingReader): Promise<Detected | undefined> {
  const marks = ['pytest.ini', 'conftest.py', 'tests/conftest.py'];
  const mark = (await firstOf(files, marks)) ?? (await pytestSection(files));
  return mark === undefined ? undefined : { gate: 'python3 -m pytest -q', why: [mark] };
}

async function pytestSection(files: ListingReader): Promise<string | undefined> {
  const sections = { 'pyproject.toml': '[tool.pytest', 'setup.cfg': '[tool:pytest]', 'tox.ini': '[pytest]' };
  for (const [path, section] of Object.entries(sections)) {
    if ((await files.read(path))?.includes(section)) return `${section}… in ${path}`;
  }
  return undefined;
}

async function detectMake(files: ListingReader): Promise<Detected | undefined> {
  for (const path of ['GNUmakefile', 'makefile', 'Makefile']) {
    const text = await files.read(path);
    if (text !== undefined && /^test\s*:(?!=)/m.test(text))
      return { gate: 'make test', why: [`test: in ${path}`] };
  }
  return undefined;
}
