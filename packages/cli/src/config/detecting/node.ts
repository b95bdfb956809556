/** Gate and setup of a package.json: one kind for each package manager. */
import { type Folder, firstOf, has, jsonTable, type Kind, type Proposal, tableOf, textOf } from './folder.ts';
import { MANAGER_NAMES, type Managed, type Manager, managedBy } from './managers.ts';

/** What `npm init` writes for `test`, and others in its place: it tests nothing. */
const NO_TEST = /no test specified|^\s*(?:true|:|exit(?: \d)?|echo\b[^&|;]*(?:(?:&&|;)\s*exit(?: \d)?)?)\s*$/;

/** Where programs that setup fetches for itself are found: the sandbox has it on its PATH. */
const FETCHED = 'npm install --global --prefix "$HOME/.local"';

export const NODE: readonly Kind[] = MANAGER_NAMES.map((name) => ({
  name,
  propose(folder, above) {
    if (!has(folder, 'package.json')) return [];
    const managed = managedBy(folder, above);
    return managed.manager.name === name ? proposals(folder, managed) : [];
  },
}));

function proposals(folder: Folder, managed: Managed): readonly Proposal[] {
  const plain = proposal(folder, managed);
  const { manager } = managed;
  const release = ownRelease(managed);
  return [
    ...(release ? [calledBy(plain, manager, `node ${release}`, 'node')] : []),
    plain,
    ...fetching(plain, managed),
  ];
}

function proposal(folder: Folder, { manager, lockfile, folder: root, why }: Managed): Proposal {
  const manifest = jsonTable(textOf(folder, 'package.json'));
  const tests = testsOf(folder, manifest, manager);
  const hasDependencies = ['dependencies', 'devDependencies'].some(
    (key) => Object.keys(tableOf(manifest[key])).length > 0,
  );
  const setup = lockfile
    ? manager.setup
    : hasDependencies || tests.isWorkspace
      ? manager.unlocked
      : undefined;
  return {
    ...(setup && { setup, setupIn: root.path }),
    ...(tests.gate && { gate: tests.gate }),
    why: lockfile ? [...why, tests.why] : tests.gate ? [tests.why, ...why] : [tests.why],
    needs: [manager.name],
  };
}

function testsOf(folder: Folder, manifest: Readonly<Record<string, unknown>>, manager: Manager) {
  const { test } = tableOf(manifest.scripts);
  if (typeof test === 'string' && !NO_TEST.test(test))
    return { gate: manager.test, why: 'scripts.test in package.json', isWorkspace: false };
  const isWorkspace = manifest.workspaces !== undefined || has(folder, 'pnpm-workspace.yaml');
  if (isWorkspace)
    return { gate: manager.testAll, why: 'scripts.test in the packages of the workspace', isWorkspace };
  if (manager.name === 'bun' && /^\[test\]/m.test(textOf(folder, 'bunfig.toml')))
    return { gate: 'bun test', why: '[test] in bunfig.toml', isWorkspace };
  return { gate: undefined, why: 'no scripts.test in package.json', isWorkspace };
}

/** The yarn that a repository carries itself needs no other. Its path goes into a command line. */
function ownRelease({ manager, folder }: Managed): string | undefined {
  if (manager.name !== 'yarn' || folder.path !== '') return undefined;
  const [, path] = /^yarnPath:\s*["']?(\.yarn\/releases\/[\w.-]{1,80}\.c?js)["']?\s*$/m.exec(
    textOf(folder, '.yarnrc.yml'),
  ) ?? [undefined, undefined];
  return path !== undefined && has(folder, path) ? path : undefined;
}

function calledBy(plain: Proposal, { name }: Manager, call: string, needs: string): Proposal {
  const called = (command: string): string => command.replace(new RegExp(`^${name}\\b`), call);
  return {
    ...plain,
    ...(plain.setup && { setup: called(plain.setup) }),
    ...(plain.gate && { gate: called(plain.gate) }),
    needs: [needs],
  };
}

/** Where the manager is not there, npm brings it into the home that setup leaves. */
function fetching(plain: Proposal, { manager, version }: Managed): readonly Proposal[] {
  if (!manager.fetched) return [];
  const fetch = `${FETCHED} ${manager.fetched.name}@${version ?? manager.fetched.version}`;
  const setup = plain.setup ? `${fetch} && ${plain.setup}` : fetch;
  const why = [...plain.why, `${manager.name} by npm, as it is not there`];
  return [{ ...plain, setup, why, needs: ['npm'] }];
}

export const DENO: Kind = {
  name: 'deno',
  propose(folder) {
    const mark = firstOf(folder, ['deno.json', 'deno.jsonc']);
    if (!mark) return [];
    const hasTask = /"tasks"\s*:\s*\{[^}]*"test"\s*:/.test(textOf(folder, mark));
    const setup = has(folder, 'deno.lock') ? 'deno install --frozen' : 'deno install';
    const plain = { gate: hasTask ? 'deno task test' : 'deno test -A', setup, why: [mark], needs: ['deno'] };
    const fetched = { ...plain, setup: `${FETCHED} deno@2 && ${setup}`, needs: ['npm'] };
    return [plain, { ...fetched, why: [mark, 'deno by npm, as it is not there'] }];
  },
};
