import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { silentProgram } from './cli-docs.ts';
import { renderGenerated } from './generated.ts';

const ROOT = join(import.meta.dirname, '..');
const HAND_WRITTEN = ['README.md', 'ARCHITECTURE.md', 'AGENTS.md', 'CONTRIBUTING.md'];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

for (const [path, text] of Object.entries(renderGenerated())) {
  test(`${path} says what the code says (if not: pnpm run docs)`, () => assert.equal(read(path), text));
}

const pages = [...HAND_WRITTEN, ...readdirSync(join(ROOT, 'docs')).map((name) => join('docs', name))].filter(
  (path) => path.endsWith('.md'),
);

test('every file the documentation names is there', () => {
  const missing = pages.flatMap((page) =>
    namedFiles(read(page))
      .filter((named) => !existsSync(join(ROOT, named)) && !existsSync(join(ROOT, dirname(page), named)))
      .map((named) => `${page}: ${named}`),
  );
  assert.deepEqual(missing, []);
});

/** Links, and words in backticks that begin with a folder of the repository. */
function namedFiles(text: string): string[] {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map((match) => match[1]!);
  const quoted = [...text.matchAll(/`((?:packages|scripts|docs|prompts|infra|bench)\/[\w./-]+)`/g)];
  return [...links, ...quoted.map((match) => match[1]!)];
}

test('every command of pnpm the documentation names is one', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const known = new Set([...Object.keys(scripts), 'exec', 'install', 'run']);
  const unknown = pages.flatMap((page) =>
    [...read(page).matchAll(/\bpnpm(?:@12)? (?:run )?([a-z][\w:-]*)/g)]
      .filter(([, name]) => !known.has(name!))
      .map(([said]) => `${page}: ${said}`),
  );
  assert.deepEqual(unknown, []);
});

test('every command and flag of swarm the documentation types is one', () => {
  const known = commandsAndFlags();
  const unknown = pages.flatMap((page) =>
    typedIn(read(page))
      .filter(([, command, rest]) => {
        const flags = known.get(command!);
        return !flags || [...rest!.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].some(([flag]) => !flags.has(flag));
      })
      .map(([said]) => `${page}: ${said}`),
  );
  assert.deepEqual(unknown, []);
});

/** `swarm <command> …` at the beginning of a line of a screen, after `$ `, or in backticks. */
const typedIn = (text: string): RegExpExecArray[] => [
  ...text.matchAll(/(?:^(?:\$ )?|`)swarm ([a-z]+)(?![\w:.’'])([^`\n·;|#]*)/gm),
];

function commandsAndFlags(): ReadonlyMap<string, ReadonlySet<string>> {
  const { commands } = silentProgram();
  const known = commands.map(
    (command) =>
      [
        command.name(),
        new Set([...command.options.map(({ long }) => long!), '--help', '--debug', '--no-color']),
      ] as const,
  );
  return new Map(known);
}
