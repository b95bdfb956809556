/** Screens kept in files: compared byte for byte, written anew only by a person who asks for it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

/** `SWARM_UPDATE_GOLDENS=1 node … --test …` writes what it sees; then read the difference. Never under CI. */
const isUpdate = Boolean(process.env.SWARM_UPDATE_GOLDENS);
if (isUpdate && process.env.CI) throw new Error('goldens are never written under CI');

export interface Goldens {
  /** @param name of the file, without its ending. */
  compare(name: string, seen: string): void;
  /** For a test that is skipped on this machine: its golden is not left over. */
  skip(name: string): void;
  /** One more test, after all others of the file: every golden in the folder was compared with something. */
  testNoneLeftOver(): void;
}

/** @param folder absolute. */
export function goldensIn(folder: string): Goldens {
  const compared = new Set<string>();
  return {
    compare: (name, seen) => {
      compared.add(`${name}.txt`);
      const path = join(folder, `${name}.txt`);
      if (isUpdate) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, seen);
      }
      assert.ok(
        existsSync(path),
        `${path} is missing: look at the screen, then SWARM_UPDATE_GOLDENS=1\n${seen}`,
      );
      assert.equal(seen, readFileSync(path, 'utf8'));
    },
    skip: (name) => void compared.add(`${name}.txt`),
    testNoneLeftOver: () => {
      test('no golden screen is left over from a test that is gone', () => {
        const left = readdirSync(folder).filter((name) => !compared.has(name));
        assert.deepEqual(left, []);
      });
    },
  };
}
