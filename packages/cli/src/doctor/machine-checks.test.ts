import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineFacts } from './machine.ts';
import { gitCheck, machineChecks, sizeText } from './machine-checks.ts';

const FINE: MachineFacts = {
  gitFault: undefined,
  node: '24.0.0',
  stateFolder: '/s',
  stateFault: undefined,
  freeBytes: 1e12,
  openFilesMax: 1e6,
};
const verdicts = (facts: Partial<MachineFacts>, workers = 8): string =>
  machineChecks({ ...FINE, ...facts }, workers)
    .map((check) => `${check.name} ${check.verdict}`)
    .join(', ');

test('disk: little is a note, too little fails', () => {
  assert.match(verdicts({}), /disk ok/);
  assert.match(verdicts({ freeBytes: 2 * 1024 ** 3 }), /disk note/);
  assert.match(verdicts({ freeBytes: 1e6 }), /disk failed/);
});

test('open files: what a thousand workers need is not there with the usual 1,024', () => {
  assert.match(verdicts({ openFilesMax: 1_024 }), /files ok/);
  assert.match(verdicts({ openFilesMax: 1_024 }, 1_000), /files failed/);
  const [, , , files] = machineChecks({ ...FINE, openFilesMax: 1_024 }, 1_000);
  assert.match(files!.problem!.fix!, /^ulimit -n 16128 {3}# or --workers 56$/);
});

test('what the system does not say is a note, not a pass', () => {
  assert.match(verdicts({ freeBytes: undefined, openFilesMax: undefined }), /disk note, files note/);
});

test('a git that cannot land is told with its own words', () => {
  assert.equal(gitCheck({ ...FINE, gitFault: 'no merge-tree' }, '2.30.0').problem?.why, 'no merge-tree');
});

test('sizes are in powers of a thousand', () => {
  assert.deepEqual([0, 999, 1_000, 12_345_678, 4e9].map(sizeText), [
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 MB',
    '4.0 GB',
  ]);
});
