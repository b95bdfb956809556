import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { acceptedTask, landedTask, openedRun, stateOf } from '../testing.ts';
import { PULL_BODY_MAX, pullBody, pullTitle } from './pull-request.ts';
import { report } from './report.ts';

const many = (n: number, title: string) =>
  stateOf([
    openedRun({ deliver: 'pr', text: title.repeat(40) }),
    ...Array.from({ length: n }, (_, i) => [
      acceptedTask(`t${i + 1}` as 't1', { title, description: title.repeat(20) }),
      ...landedTask(`t${i + 1}` as 't1', `l${i + 1}` as 'l1'),
    ]).flat(),
  ]);

describe('a report as the body of a pull request', () => {
  it('is never longer than a forge takes, and says how much it leaves out', () => {
    const body = pullBody(report(many(400, `Do ${'&<@'.repeat(60)}`)));
    assert.ok(body.length <= PULL_BODY_MAX, `${body.length}`);
    assert.match(body, /and \d+ more changes; `swarm report` tells of all/);
    assert.match(body, /How to undo[\s\S]*Swarm-Run: /, 'the end is always there');
  });
  it('calls nobody, closes nothing and shows no markup of others, whatever tasks are called', () => {
    const piece = fc.constantFrom(
      '@me ',
      'Fixes #1 ',
      '<script>',
      '</details>',
      '`',
      '|',
      '/merge',
      'https://x/issues/1',
      '\n',
      '-->',
      '![i](j)',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const body = pullBody(report(many(2, pieces.join('') || 'x')));
        assert.doesNotMatch(body, /@me|#1\b|<script|https?:\/\/\S|^\/merge|!\[i/m);
        assert.equal(body.split('<details>').length, body.split('</details>').length);
        assert.equal(body.split('-->').length, 3, 'only our own two marks');
      }),
      { numRuns: 60 },
    );
  });
  it('closes the issue that asked for it only when all of it is there', () => {
    const asker = { number: 12, url: 'https://forge/12' };
    const told = report(many(1, 'Do it'));
    assert.match(pullBody({ ...told, verdict: 'complete' }, { asker }), /^Closes #12\.$/m);
    assert.match(pullBody({ ...told, verdict: 'incomplete' }, { asker }), /^For #12\.$/m);
  });
  it('names what nothing has verified before what landed', () => {
    const body = pullBody(report(many(1, 'Do it')));
    assert.ok(body.indexOf('Not verified') < body.indexOf('What landed'));
  });
  it('has the first line of the request as its title', () => {
    assert.equal(pullTitle('## Add a bell\n\nmore', 'r-1'), 'Add a bell');
    assert.equal(pullTitle('', 'r-1'), 'What r-1 landed');
  });
});
