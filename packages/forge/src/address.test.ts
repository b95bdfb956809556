import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forgePlaceOf, knownForges, numberIn } from './address.ts';

const known = knownForges({
  GITHUB_SERVER_URL: 'https://git.acme.example',
  GITLAB_HOST: 'lab.acme.example',
  CI_SERVER_URL: 'http://127.0.0.1:8080',
  CI_API_V4_URL: 'http://127.0.0.1:8080/api/v4',
});
const place = (address: string) => {
  const found = forgePlaceOf(address, known);
  return found && `${found.kind} ${found.api} ${found.slug}`;
};

const ADDRESSES: Readonly<Record<string, string | undefined>> = {
  'https://github.com/acme/shop.git': 'github https://api.github.com acme/shop',
  'https://github.com/acme/shop/': 'github https://api.github.com acme/shop',
  'git@github.com:acme/shop.git': 'github https://api.github.com acme/shop',
  'ssh://git@ssh.github.com:443/acme/shop.git': 'github https://api.github.com acme/shop',
  'https://git.acme.example/acme/shop.git': 'github https://git.acme.example/api/v3 acme/shop',
  'git@lab.acme.example:group/below/shop.git': 'gitlab https://lab.acme.example/api/v4 group/below/shop',
  'ssh://git@lab.acme.example:2222/group/shop.git': 'gitlab https://lab.acme.example/api/v4 group/shop',
  'http://127.0.0.1:8080/a/b.git': 'gitlab http://127.0.0.1:8080/api/v4 a/b',
  'https://github.com/acme/shop/more': undefined,
  'https://github.com/acme/..': undefined,
  'https://github.com.evil.example/acme/shop': undefined,
  'https://evil.example/github.com/acme': undefined,
  '/srv/shop.git': undefined,
  'file:///srv/shop.git': undefined,
  'https://github.com/acme/sh%2fop?x': undefined,
};

describe('the address of a remote', () => {
  for (const [address, told] of Object.entries(ADDRESSES))
    it(`names ${told ?? 'no forge that is known'}: ${address}`, () => assert.equal(place(address), told));
});

describe('what a person types for an issue or a pull request', () => {
  const at = forgePlaceOf('https://github.com/acme/shop', known)!;
  const lab = forgePlaceOf('git@gitlab.com:acme/shop.git', known)!;
  it('is a number, or the address of one of this repository', () => {
    assert.equal(numberIn('12', at, 'issue'), 12);
    assert.equal(numberIn('#12', at, 'issue'), 12);
    assert.equal(numberIn('https://github.com/Acme/Shop/issues/12#note', at, 'issue'), 12);
    assert.equal(numberIn('https://github.com/acme/shop/pull/7/files', at, 'pull'), 7);
    assert.equal(numberIn('https://gitlab.com/acme/shop/-/issues/3', lab, 'issue'), 3);
    assert.equal(numberIn('https://gitlab.com/acme/shop/-/merge_requests/3', lab, 'pull'), 3);
  });
  it('is nothing else', () => {
    for (const text of [
      'https://github.com/other/shop/issues/12',
      '12a',
      '-1',
      'https://github.com/acme/shop/pull/7',
      '',
    ])
      assert.equal(numberIn(text, at, 'issue'), undefined, text);
  });
});
