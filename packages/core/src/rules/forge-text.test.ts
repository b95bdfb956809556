import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { harmless, harmlessMarkdown, tamedSubject } from './forge-text.ts';

/** What a forge acts on when it stands in a text, as its own documentation says. */
const ACTS: readonly RegExp[] = [
  /@[\w[-]/,
  /(?:^|\s|\w)#\d/,
  /![\d]/,
  /\bgh-\d/i,
  /:\/\/\S/,
  /\bwww\.\w/i,
  /(?:^|\s)\/[a-z]/i,
  /\[(?:skip|ci|no|actions)\b/i,
];

const HOSTILE = [
  '@everybody come and see',
  'Fixes #12, closes acme/shop#3',
  'resolves https://github.com/acme/shop/issues/1',
  'GH-7',
  '/merge',
  '  /assign @me',
  'please /close',
  '[skip ci]',
  'see www.evil.example',
  '!4 &5 %"a milestone" ~label $6 ^7',
  '@dependabot merge',
  '[@user](https://x)',
];

describe('other people’s words on a forge', () => {
  for (const text of HOSTILE)
    it(`do nothing: ${text}`, () => {
      const told = harmless(text);
      for (const act of ACTS) assert.doesNotMatch(told, act);
      assert.equal(told.replaceAll('\u200b', ''), text.trim().replace(/\s+/g, ' '), 'and are still readable');
    });
  it('do nothing whatever they are made of', () => {
    const piece = fc.constantFrom(
      ...HOSTILE,
      '@',
      '#',
      '1',
      'a',
      '/',
      '://',
      '[',
      'skip ci]',
      ' ',
      '\n',
      '\u200b',
      '\\',
      '<b>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const told = harmless(pieces.join(''), 2_000);
        for (const act of ACTS) assert.doesNotMatch(told, act);
        assert.equal(told.includes('\n'), false);
      }),
    );
  });
  it('bring no HTML and no Markdown', () => {
    assert.doesNotMatch(harmlessMarkdown('<img src=x onerror=y> ![a](b) `c`'), /<|(?<!\\)[`[\]()!]/);
  });
});

describe('the message of a commit', () => {
  for (const [subject, told] of [
    ['Fixes #12: the bell', 'Fixes issue #12: the bell'],
    ['closes: acme/shop#3', 'closes: issue acme/shop#3'],
    ['Resolve https://github.com/acme/shop/issues/1', 'Resolve issue https://github.com/acme/shop/issues/1'],
    ['fixed GH-4', 'fixed issue GH-4'],
    ['Bump [skip ci]', 'Bump (skip ci)'],
    ['Fix the bell', 'Fix the bell'],
    ['See #12', 'See #12'],
  ] as const)
    it(`closes nothing and keeps no check away: ${subject}`, () => assert.equal(tamedSubject(subject), told));
});
