/** Commits to and from hosts that work elsewhere, as packs. What comes in is judged by `Intake` like any push. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { type AttemptId, type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { Pack, Received } from '@swarm/core/ports/git';
import { type HubContext, hasCommits } from './context.ts';
import type { Intake } from './intake.ts';
import { type PackLimits, packProblem } from './pack-sizes.ts';

const STEP_TIMEOUT_MS = 600_000;
/** Most bytes of a pack that goes out: a whole history, the first time. */
const OUT_BYTES_MAX = 1024 ** 3;
const PIECE_BYTES = 64 * 1024;

/** Puts a pack into the attempt's intake, which is made anew: nothing else ever wrote there. */
export async function receivePack(
  hub: HubContext,
  intake: Intake,
  limits: PackLimits & { readonly packedBytes: number },
  ask: { readonly attempt: AttemptId; readonly base: CommitId; readonly pack: Pack },
): Promise<Received> {
  const { attempt, base, pack } = ask;
  const head = parseCommitId(pack.head);
  if (!head) return { kind: 'refused', why: `${JSON.stringify(pack.head)} is no commit` };
  const bytes = await readAtMost(pack.bytes, limits.packedBytes);
  if (!bytes) return { kind: 'refused', why: `the pack is larger than ${limits.packedBytes} bytes` };
  const problem = bytes.length > 0 ? await packProblem(bytes, limits, hub.objectFormat) : undefined;
  if (problem !== undefined) return { kind: 'refused', why: `the pack is not unpacked: ${problem}` };
  const path = await intake.make(attempt, [base]);
  const stdin = `update ${hub.refs.handed(attempt)} ${base}\n`;
  await hub.mutex.run(() => hub.git.run(hub.hub, 'update-ref', ['--stdin'], { stdin }));
  if (bytes.length > 0) {
    const why = await index(hub, path, bytes);
    if (why) return { kind: 'refused', why };
  }
  await writeFile(join(path, 'refs/heads/work'), `${head}\n`);
  return { kind: 'received' };
}

/** Thin packs are filled up from the hub's objects. Returns why git refuses the bytes. */
async function index({ git }: HubContext, path: string, bytes: Buffer): Promise<string | undefined> {
  try {
    const options = { stdin: bytes, timeoutMs: STEP_TIMEOUT_MS };
    await git.run({ gitDir: path }, 'index-pack', ['--stdin', '--fix-thin'], options);
    return undefined;
  } catch (error) {
    const problem = error instanceof SwarmError ? error.problems[0] : undefined;
    if (problem?.code !== 'SW0702') throw error;
    return `git refuses the pack: ${(problem.why ?? problem.what).slice(0, 500)}`;
  }
}

/** Undefined: there is more. */
async function readAtMost(bytes: AsyncIterable<Uint8Array>, max: number): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of bytes) {
    total += piece.length;
    if (total > max) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** What `wants` reach and `haves` do not. Commits of `haves` that the hub does not know make the pack no smaller. */
export async function* packOf(
  { git, hub }: HubContext,
  wants: readonly CommitId[],
  haves: readonly CommitId[],
): AsyncGenerator<Uint8Array> {
  const known = await Promise.all(haves.map((have) => hasCommits(git, hub, [have])));
  const without = haves.filter((_, i) => known[i]).map((have) => `^${have}\n`);
  const stdin = [...wants.map((want) => `${want}\n`), ...without].join('');
  const options = { stdin, maxBytes: OUT_BYTES_MAX, timeoutMs: STEP_TIMEOUT_MS };
  const { stdout } = await git.run(hub, 'pack-objects', ['--revs', '--stdout', '-q'], options);
  for (let at = 0; at < stdout.length; at += PIECE_BYTES) yield stdout.subarray(at, at + PIECE_BYTES);
}
