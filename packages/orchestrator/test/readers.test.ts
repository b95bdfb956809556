/** Outputs of real runners: what fails is named, counted and judged; what did not run is never no worse. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { GateResult } from '@swarm/core/model/landing';
import { isToldRed, judged } from '@swarm/core/rules/known-failures';
import { FailureScanner } from '../src/healing/failure-scanner.ts';
import { GateReading } from '../src/landing/gate-reading.ts';
import { OUTPUTS, type RunnerOutputs } from './outputs/table.ts';

const ROOT = '/src/project';

const output = ({ folder }: RunnerOutputs, which: string): string =>
  readFileSync(join(import.meta.dirname, 'outputs', folder, `${which}.txt`), 'utf8');

function read(text: string, command: string): GateReading {
  const reading = new GateReading(ROOT, command);
  for (const line of text.split('\n')) reading.line(line);
  return reading;
}

/** As a gate that failed records it. */
function failed(text: string, command: string): GateResult {
  const reading = read(text, command);
  const { signatures, isWhole } = reading.told(text);
  const { tests } = reading;
  return {
    outcome: 'failed',
    gate: 'g',
    durationMs: 1,
    signatures,
    output: '',
    flaky: false,
    remembered: false,
    ...(tests && { tests }),
    ...(isWhole && { isTold: true }),
  };
}

const has = (runner: RunnerOutputs, which: string): boolean => {
  try {
    output(runner, which);
    return true;
  } catch {
    return false;
  }
};

for (const runner of OUTPUTS) {
  describe(`${runner.runner} (${runner.from})`, () => {
    const base = failed(output(runner, 'base'), runner.command);
    const more = failed(output(runner, 'more'), runner.command);

    it('names every failure by file and full name, and counts its tests', () => {
      assert.deepEqual(base.signatures, runner.names);
      assert.deepEqual(base.tests, runner.counts);
      assert.ok(isToldRed(base));
    });
    it('is no worse with the same failures, and worse with one more', () => {
      assert.equal(judged(base, base).outcome, 'no-worse');
      assert.ok(more.isTold);
      assert.equal(judged(more, base).outcome, 'failed');
      assert.equal(judged(base, more).outcome, 'no-worse');
      assert.ok(base.signatures.every((name) => more.signatures.includes(name)));
    });
    it('names nothing where all pass', {
      skip: !has(runner, 'passed') && 'there is no output of a pass',
    }, () => {
      const scanner = new FailureScanner(ROOT, runner.command);
      for (const line of output(runner, 'passed').split('\n')) scanner.line(line);
      assert.deepEqual(scanner.end().found, []);
      const { tests } = read(output(runner, 'passed'), runner.command);
      assert.ok(tests === undefined || (tests.failed === 0 && tests.run > 0));
    });
    it('says nothing of what it never ran', {
      skip: !runner.stopped && 'it has no way to stop at the first failure',
    }, () => {
      const command = runner.stopped!.toldBy === 'command' ? runner.stopped!.command : runner.command;
      const stopped = failed(output(runner, 'stopped'), command);
      assert.equal(isToldRed(stopped), false);
      for (const before of [base, more, stopped]) assert.equal(judged(stopped, before).outcome, 'failed');
    });
    it('doubts or names an error that belongs to no test', {
      skip: !runner.unhandled && 'it has no error outside of a test',
    }, () => {
      const { isWhole } = read(output(runner, 'unhandled'), runner.command).told('');
      assert.equal(isWhole, runner.unhandled === 'named');
    });
    it('is read alike with the time of a CI and colours before each line, and behind the mark of a package', () => {
      const lines = output(runner, 'base').split('\n');
      const stamped = lines.map((line) => `2026-01-05T10:00:00.1234567Z \u001b[31m${line}\u001b[0m`);
      assert.deepEqual(failed(stamped.join('\n'), runner.command).signatures, runner.names);
      const marked = failed(lines.map((line) => `packages/x test: ${line}`).join('\n'), runner.command);
      if (/npm|turbo/.test(runner.runner)) return;
      assert.equal(marked.isTold, true);
      assert.equal(marked.signatures.length, runner.names.length);
    });
    it('is read beside another runner in one output', () => {
      const other = OUTPUTS.find(
        ({ folder }) => folder === (runner.folder === 'pytest' ? 'jest' : 'pytest'),
      )!;
      const both = failed(output(other, 'base') + output(runner, 'base'), 'make-nothing');
      assert.deepEqual([...both.signatures].sort(), [...runner.names, ...other.names].sort());
      assert.equal(both.isTold, true);
    });
    it('keeps its names when lines are added above the tests', () => {
      const moved = output(runner, 'base').replace(
        /(\.[a-z]{1,5}[:([])(\d+)/g,
        (_, place: string, line: string) => place + (Number(line) + 7),
      );
      assert.deepEqual(failed(moved, runner.command).signatures, runner.names);
    });
    it('is worse when it ends in the middle of its output', {
      skip: !runner.counts && 'it prints no count of its tests',
    }, () => {
      const lines = output(runner, 'base').split('\n');
      for (let end = 0; end < lines.length; end++) {
        const cut = failed(lines.slice(0, end).join('\n'), runner.command);
        if (judged(cut, base).outcome === 'no-worse')
          assert.deepEqual(cut.signatures, runner.names, `after ${end} lines: ${lines[end - 1]}`);
      }
    });
  });
}

describe('what else real runners print', () => {
  const rows: readonly (readonly [
    path: string,
    command: string,
    named: number,
    doubts: readonly string[],
    title: string,
  ])[] = [
    ['make/stopped', 'make test', 4, ['stopped'], 'make ends with the first line that fails'],
    ['go/panic', 'go test ./...', 4, ['stopped'], 'a package of Go that panics runs none of its other tests'],
    ['cargo/compile', 'cargo test', 3, ['stopped', 'unread'], 'a crate that does not compile is not tested'],
    ['pytest/interrupted', 'pytest', 1, ['stopped'], 'pytest runs nothing when a file cannot be collected'],
    [
      'pytest/fixture',
      'pytest -q',
      5,
      [],
      'pytest names what failed before, in and after a test, and its subtests',
    ],
    ['pytest/nosummary', 'pytest -rN', 1, ['unread'], 'pytest without its summary names no file'],
    ['rspec/twice', 'rspec', 1, ['unread'], 'two examples of one name in one file are not told apart'],
    ['phpunit/testdox', 'phpunit --testdox', 1, ['unread'], 'PHPUnit’s testdox is not read'],
    [
      'node-dot/base',
      'node --test --test-reporter=dot',
      3,
      ['unread'],
      'the dot reporter of node:test counts nothing',
    ],
    ['junit-pytest/base', 'pytest --junitxml=/dev/stdout', 6, [], 'JUnit’s XML may be one line'],
  ];
  for (const [path, command, named, doubts, title] of rows) {
    it(`${title}: ${path}`, () => {
      const text = readFileSync(join(import.meta.dirname, 'outputs', `${path}.txt`), 'utf8');
      const told = read(text, command).told(text);
      assert.equal(told.signatures.length, named);
      assert.deepEqual([...told.doubts].sort(), doubts);
      assert.equal(told.isWhole, doubts.length === 0);
    });
  }
});
