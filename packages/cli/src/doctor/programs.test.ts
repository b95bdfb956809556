import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sandbox, SandboxResult } from '@swarm/core/ports/running';
import { missingInside } from '../preparing/inside.ts';
import { neededPrograms, type ProgramFacts, programChecks } from './programs.ts';

const facts = (more: Partial<ProgramFacts>): ProgramFacts => ({
  commands: { gate: 'cargo test', setup: 'cargo fetch', why: [] },
  needed: ['cargo'],
  missing: [],
  others: new Map(),
  offers: new Map(),
  mounts: [],
  configFile: '/c/config.toml',
  ...more,
});
const told = (more: Partial<ProgramFacts>): string =>
  programChecks(facts(more))
    .map(({ name, verdict, detail, problem }) =>
      [name, verdict, problem?.code, detail, problem?.why, problem?.fix].join(' | '),
    )
    .join('\n');

test('what gate and setup start is looked for, and what a found project needs besides', () => {
  const found = { why: [], needs: ['java'], missing: ['java'] };
  const commands = { gate: 'cd a && sh mvnw test', setup: 'npm ci', why: [], found };
  assert.deepEqual(neededPrograms(commands), ['sh', 'npm', 'java']);
  assert.deepEqual(neededPrograms({ gate: 'none', setup: undefined, why: [] }), []);
});

test('programs that are there are one line', () => {
  assert.match(told({}), /^programs \| ok \| {2}\| the sandbox has cargo/);
});

test('one that lies below the home folder fails with the very line that shows it', () => {
  const offers = new Map([['cargo', { name: 'rustup', folders: ['/h/.cargo/bin', '/h/.rustup'] }]]);
  const mounts = ['/opt/go', '~/.cargo/bin:ro', '~/.rustup:ro'];
  assert.equal(
    told({ missing: ['cargo'], offers, mounts }),
    'programs | failed | SW0308 | the sandbox has no cargo, which setup starts | ' +
      'it lies in /h/.cargo/bin, /h/.rustup, which a sandbox does not show (rustup) | ' +
      'swarm init   # asks to show it; or write into /c/config.toml:\n[sandbox]\nmounts = ["/opt/go","~/.cargo/bin:ro","~/.rustup:ro"]',
  );
});

test('one that is nowhere fails with what installs it, and with the next best', () => {
  const found = { why: [], needs: ['go'], missing: ['go'], nextBest: { gate: 'make test' } };
  const commands = { gate: 'go test ./...', setup: undefined, why: [], found };
  const text = told({ commands, needed: ['go'], missing: ['go'] });
  assert.match(
    text,
    /SW0314 \| the sandbox has no go, which the gate starts \|.* the next best is --gate 'make test' \| apt-get install -y golang-go/,
  );
});

test('one that the operator has another of, in a folder that may be shown, is a note', () => {
  const others = new Map([['cargo', { there: '/usr/bin/cargo', yours: '/h/.cargo/bin/cargo' }]]);
  const offers = new Map([['cargo', { name: 'rustup', folders: ['/h/.cargo/bin', '/h/.rustup'] }]]);
  assert.match(
    told({ others, offers }),
    /\| ok \|[^\n]*\nprograms \| note \|.*starts \/usr\/bin\/cargo, and you \/h/,
  );
  assert.doesNotMatch(told({ others }), /note/);
});

test('what setup may bring itself is only a note', () => {
  const setup = 'npm install --global --prefix "$HOME/.local" pnpm@10 && pnpm install';
  const commands = { gate: 'pnpm test', setup, why: [] };
  assert.match(told({ commands, missing: ['pnpm'] }), /^programs \| note \|/);
  assert.match(told({ commands, missing: ['npm'] }), /^programs \| failed \| SW0308/);
});

/** Rooms whose commands end so, as a sandbox's do. */
const ending = (end: SandboxResult['end'], exitCode: number | undefined, output: string): Sandbox =>
  ({
    open: async () => ({
      run: async () => ({ end, exitCode, output, durationMs: 1 }),
      close: async () => undefined,
    }),
  }) as unknown as Sandbox;

test('a room that did not answer is no room in which all is there', async () => {
  for (const silent of [ending('cannot-run', undefined, 'no layer'), ending('timeout', undefined, '')])
    assert.ok('unknown' in (await missingInside(silent, ['cargo'])));
  assert.ok('unknown' in (await missingInside(ending('exited', 1, 'bwrap: no'), ['cargo'])));
  assert.deepEqual(await missingInside(ending('exited', 0, 'sh\t/bin/sh\n'), ['cargo', 'sh']), ['cargo']);
});
