import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { outsideIndexed, outsideScope } from './change-rules.ts';
import { foldScope } from './scopes.ts';

const ROWS: Record<string, { scope: string[]; changed: string[]; outside: string[] }> = {
  'a file that is named': { scope: ['src/a.ts'], changed: ['src/a.ts'], outside: [] },
  'a file beside it': { scope: ['src/a.ts'], changed: ['src/a.ts', 'src/b.ts'], outside: ['src/b.ts'] },
  'anything, where no scope is known': { scope: [], changed: ['src/a.ts'], outside: [] },
  'what lies below a folder': { scope: ['src/'], changed: ['src/x/a.ts', 'lib/a.ts'], outside: ['lib/a.ts'] },
  'what a glob covers': {
    scope: ['src/**/*.ts'],
    changed: ['src/x/a.ts', 'src/a.md'],
    outside: ['src/a.md'],
  },
  'a name in brackets is a name, not a glob': {
    scope: ['app/[id]/page.tsx'],
    changed: ['app/[id]/page.tsx', 'app/[slug]/page.tsx'],
    outside: ['app/[slug]/page.tsx'],
  },
  'another case is the same file, as on some disks': {
    scope: ['Readme.md'],
    changed: ['README.md'],
    outside: [],
  },
};

describe('a change is held against the scope its task declared', () => {
  for (const [title, { scope, changed, outside }] of Object.entries(ROWS)) {
    it(title, () => assert.deepEqual(outsideScope(scope, changed), outside));
  }
  it('is judged alike however many entries the scope has', () => {
    const path = fc.array(fc.constantFrom('src', 'SRC', 'a', 'a.ts', 'b.ts', '[id]'), {
      minLength: 1,
      maxLength: 3,
    });
    const paths = fc.array(
      path.map((names) => names.join('/')),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(paths, paths, (scope, changed) =>
        assert.deepEqual(outsideScope(scope, changed), outsideIndexed(foldScope(scope), changed)),
      ),
    );
  });
});
