/** Packs from hosts: real ones of git's are let through, and those that unpack to too much are refused before git reads them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { attempt, commit, git, tempDir, world } from '../test/world.ts';
import { DEFAULT_LIMITS } from './intake.ts';
import { packProblem } from './pack-sizes.ts';
import { BOMBS } from './testing.ts';

const ONE = attempt('t1.1');
const LIMITS = DEFAULT_LIMITS;

for (const [what, { pack, why }] of Object.entries(BOMBS))
  test(`${what}: refused before git unpacks it, and what the hub had it has`, async (t) => {
    const w = await world(t);
    const bytes = pack();
    assert.ok(bytes.length < 200_000, `${bytes.length} bytes`);
    const sent = { head: 'a'.repeat(40) as CommitId, bytes: pieces(bytes) };
    const received = await w.hub.receive(ONE, w.base, sent);
    assert.equal(received.kind, 'refused');
    assert.match((received as { why: string }).why, why);
    assert.deepEqual(await w.hub.ingest(ONE), { kind: 'nothing' });
    assert.deepEqual((await w.hub.observe()).work, []);
  });

async function* pieces(bytes: Buffer) {
  yield bytes;
}

/** Long files with small changes: git makes differences of them. */
function history(folder: string): void {
  const lines = Array.from({ length: 4_000 }, (_, n) => `line ${n} of a long file\n`);
  for (let n = 0; n < 12; n++) {
    lines[n * 300] = `changed ${n}\n`;
    commit(folder, { 'long.txt': lines.join(''), [`small-${n}.txt`]: `${n}\n` }, `Change ${n}`);
  }
}

for (const format of ['sha1', 'sha256'] as const)
  test(`a pack that git made of a history is let through, with its differences (${format})`, async (t) => {
    const folder = tempDir(t);
    git(folder, 'init', '--quiet', `--object-format=${format}`);
    history(folder);
    for (const how of [[], ['--delta-base-offset']]) {
      const pack = execFileSync('git', ['pack-objects', '--all', '--revs', '--stdout', '-q', ...how], {
        cwd: folder,
        input: '',
      });
      assert.equal(await packProblem(pack, LIMITS, format), undefined);
      const files = Number(git(folder, 'rev-list', '--all', '--objects', '--count').split('\n')[0]);
      assert.match(String(await packProblem(pack, { ...LIMITS, objects: files - 1 }, format)), /objects/);
      // Twelve files of some 100 KB each come of it.
      assert.match(String(await packProblem(pack, { ...LIMITS, unpackedBytes: 900_000 }, format)), /unpacks/);
      assert.equal(await packProblem(pack, { ...LIMITS, unpackedBytes: 2_000_000 }, format), undefined);
    }
  });
