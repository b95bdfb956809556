/**
 * Takes what an attempt pushed into the hub, strictly: objects are judged in a quarantine of ours, with our
 * settings, by size before anything is inflated, then by fsck, then by path; a reference comes last.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { IngestOutcome } from '@swarm/core/ports/git';
import { bareRepository, configOf } from './bare.ts';
import type { HubContext } from './context.ts';
import {
  checkAlternates,
  type FileLimits,
  linkObjects,
  type ObjectFile,
  objectFiles,
  readPushed,
  sourceOf,
  Unfit,
  whyUnfit,
} from './intake-files.ts';
import { foundByRules, type RulesAsk } from './intake-rules.ts';
import { placeOf, secretIn } from './intake-secrets.ts';
import { holdsSecret, packSmall, readSmall, type SmallWork } from './intake-small.ts';
import { changesBetween, type LookAtNames, treeReader, type WalkLimits } from './intake-trees.ts';
import type { Work } from './intake-work.ts';
import { isAncestor } from './landed.ts';
import { contentForPointer } from './lfs.ts';
import { Objects, Overlaid } from './objects.ts';
import { readOwnRef } from './own-ref.ts';
import { type PathLimits, unfitChange, unfitNames } from './path-lint.ts';

export interface IntakeLimits extends FileLimits, PathLimits, WalkLimits {
  /** Most objects pushed. */
  readonly objects: number;
  /** Most bytes of all pushed objects, unpacked. */
  readonly unpackedBytes: number;
  /** Most bytes of one object, unpacked. */
  readonly objectBytes: number;
}

const MIB = 1024 * 1024;
/** Room for a large honest change; a bomb is far beyond each of them. */
export const DEFAULT_LIMITS: IntakeLimits = {
  packedBytes: 256 * MIB,
  files: 100_000,
  objects: 100_000,
  unpackedBytes: 512 * MIB,
  objectBytes: 64 * MIB,
  paths: 20_000,
  depth: 64,
};

const STEP_TIMEOUT_MS = 60_000;

class SecretFound extends Error {}

interface Fit {
  readonly pack: Buffer;
  /** What is in it, where it was read here. */
  readonly objects?: SmallWork;
}

export class Intake {
  readonly #hub: HubContext;
  readonly #limits: IntakeLimits;

  constructor(hub: HubContext, limits: IntakeLimits) {
    this.#hub = hub;
    this.#limits = limits;
  }

  /**
   * An empty bare repository that borrows `objects`. It has a branch at each of `known`, or a push would carry the whole
   * history: from inside a sandbox the hub's own references cannot be seen.
   */
  async make(
    attempt: AttemptId,
    known: readonly CommitId[],
    objects = this.#hub.layout.hubObjects,
  ): Promise<string> {
    const path = this.#hub.layout.intake(attempt);
    await this.#hub.cleanUp.discard(path);
    bareRepository(path, configOf(this.#hub.objectFormat, 'intake'), objects, this.#hub.boundary);
    for (const [i, commit] of known.entries())
      writeFileSync(join(path, `refs/heads/known-${i}`), `${commit}\n`);
    return path;
  }

  /** The attempt's process tree must be dead. Asking again gives the same answer. */
  async ingest(attempt: AttemptId): Promise<IngestOutcome> {
    try {
      return await this.#take(attempt);
    } catch (error) {
      if (error instanceof SecretFound) return { kind: 'secret', why: error.message };
      const why = whyUnfit(error, this.#placesOf(attempt));
      if (why !== undefined) return { kind: 'refused', why };
      throw error;
    }
  }

  async #take(attempt: AttemptId): Promise<IngestOutcome> {
    const pushed = readPushed(this.#hub.layout.intake(attempt));
    const { taken, base } = await this.#pins(attempt);
    if (taken && (!pushed || pushed === taken)) return { kind: 'commit', commit: taken };
    if (!pushed || pushed === base) return { kind: 'nothing' };
    if (!base) throw new Unfit('no workspace was handed out for it');
    const [intake, clone] = this.#placesOf(attempt);
    const source = await sourceOf(intake, clone, this.#limits);
    await this.#admit(
      attempt,
      source,
      [{ pushed, base }],
      [`update ${this.#hub.refs.work(attempt)} ${pushed}`],
    );
    return { kind: 'commit', commit: pushed };
  }

  /** Its intake, and the clone it worked in. */
  #placesOf(attempt: AttemptId): readonly [string, string] {
    const { layout } = this.#hub;
    return [layout.intake(attempt), layout.workspace(attempt)];
  }

  /**
   * The same for many at once, out of one repository of ours: judged together, by the bounds of one. Returns why they
   * are refused; then only looking at fewer tells whose fault it is.
   * @param pin is made when all are fit, once their objects are in the hub.
   */
  async takeTogether(
    source: string,
    works: readonly Work[],
    pin: () => Promise<void>,
  ): Promise<string | undefined> {
    try {
      await this.#admit('together', source, works, []);
    } catch (error) {
      const why = error instanceof SecretFound ? error.message : whyUnfit(error, [source]);
      if (why !== undefined) return why;
      throw error;
    }
    await pin();
    return undefined;
  }

  /** What the hub holds of the attempt: its work, if taken before, and the base it was handed. */
  async #pins(attempt: AttemptId) {
    const { refs } = this.#hub;
    const taken = await readOwnRef(this.#hub, refs.work(attempt));
    const base = await readOwnRef(this.#hub, refs.handed(attempt));
    return { taken, base };
  }

  async #admit(name: string, source: string, works: readonly Work[], refs: readonly string[]): Promise<void> {
    await mkdir(this.#hub.layout.quarantine, { recursive: true });
    const room = await mkdtemp(join(this.#hub.layout.quarantine, `${name}-`));
    let isSmall = false;
    try {
      const fit = await this.#gather(source, join(room, 'raw'), works);
      isSmall = fit.objects !== undefined;
      const judged = join(room, 'judged');
      await this.#judge(judged, fit, works);
      await this.#hub.mutex.run(async () => {
        await moveObjects(judged, this.#hub.layout.hubObjects);
        if (refs.length > 0) await this.#hub.hubRefs.write(refs);
      });
    } finally {
      // In place where only empty folders are left: a hop to another thread for each costs more.
      if (isSmall) rmSync(room, { recursive: true, force: true });
      else await rm(room, { recursive: true, force: true });
    }
  }

  /** A pack of our own making out of what was pushed, once its sizes are known and it was looked through. */
  async #gather(source: string, raw: string, works: readonly Work[]): Promise<Fit> {
    const { layout, objectFormat: format } = this.#hub;
    checkAlternates(source, layout);
    const files = await objectFiles(source, this.#limits);
    const small = works.length === 1 ? await this.#small(files, works[0]!) : undefined;
    if (small) return { pack: packSmall(small, format), objects: small };
    return { pack: await this.#repack(files, raw, works) };
  }

  async #small(files: readonly ObjectFile[], { pushed, base }: Work): Promise<SmallWork | undefined> {
    const { secrets, objectFormat: format } = this.#hub;
    const { objects, objectBytes, unpackedBytes } = this.#limits;
    if (files.length > objects) return undefined;
    const { tree: baseTree } = await this.#hub.objects.commit(base);
    const read = treeReader(this.#hub.objects);
    const of = { files, pushed, base, baseTree, read, format };
    const work = await readSmall({ ...of, objectBytes, unpackedBytes });
    // Where it stands is told by git.
    return work && secrets && holdsSecret(work, secrets) ? undefined : work;
  }

  /** Sizes first, from headers alone. */
  async #repack(files: readonly ObjectFile[], raw: string, works: readonly Work[]): Promise<Buffer> {
    const { layout, git, objectFormat, boundary } = this.#hub;
    bareRepository(raw, configOf(objectFormat, 'hub'), undefined, boundary);
    await linkObjects(files, join(raw, 'objects'));
    await this.#checkSizes(raw);
    await this.#checkSecrets(raw, works[0]!.pushed);
    const bases = [...new Set(works.map(({ base }) => base))];
    const stdin = [...works.map(({ pushed }) => pushed), ...bases.map((base) => `^${base}`), ''].join('\n');
    return this.#blame('the pushed objects cannot be read', async () => {
      const options = { stdin, env: borrow(layout.hubObjects), ...this.#bounds() };
      return (await git.run({ gitDir: raw }, 'pack-objects', PACK_ARGS, options)).stdout;
    });
  }

  async #checkSizes(raw: string): Promise<void> {
    const args = ['--batch-all-objects', '--unordered', '--batch-check=%(objectsize)'];
    const maxBytes = this.#limits.objects * 12;
    const listed = await this.#blame(
      `it has more than ${this.#limits.objects} objects, or damaged ones`,
      () => this.#hub.git.text({ gitDir: raw }, 'cat-file', args, { maxBytes, timeoutMs: STEP_TIMEOUT_MS }),
    );
    const sizes = listed.split('\n').map(Number);
    if (sizes.length > this.#limits.objects)
      throw new Unfit(`it has more than ${this.#limits.objects} objects`);
    const { objectBytes, unpackedBytes } = this.#limits;
    if (sizes.some((size) => size > objectBytes))
      throw new Unfit(`a file is larger than ${objectBytes} bytes`);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total > unpackedBytes) throw new Unfit(`it unpacks to ${total} bytes, more than ${unpackedBytes}`);
  }

  /** Before anything of it is in the hub: whatever is there may be read by others, and may land. */
  async #checkSecrets(raw: string, pushed: CommitId): Promise<void> {
    const { secrets, git } = this.#hub;
    const found = secrets && (await secretIn(git, { gitDir: raw }, secrets, STEP_TIMEOUT_MS));
    if (!found) return;
    const env = borrow(this.#hub.layout.hubObjects);
    const { object } = found;
    const place = await placeOf({ git, place: { gitDir: raw }, pushed, object, finder: secrets, env });
    throw new SecretFound(`the value of ${found.secret} stands in ${place}`);
  }

  /** The pack enters a repository that borrows from the hub alone, so that whatever passes is whole there. */
  async #judge(judged: string, { pack, objects: own }: Fit, works: readonly Work[]): Promise<void> {
    const { layout, git, objectFormat, boundary } = this.#hub;
    bareRepository(judged, configOf(objectFormat, 'hub'), layout.hubObjects, boundary);
    const place = { gitDir: judged };
    const strict = ['--stdin', '--strict', '--fsck-objects', `--max-input-size=${this.#limits.packedBytes}`];
    await this.#blame('git refuses the pushed objects', () =>
      git.run(place, 'index-pack', strict, { stdin: pack, timeoutMs: STEP_TIMEOUT_MS }),
    );
    const objects = own
      ? new Overlaid(git, place, own, this.#hub.objects)
      : new Objects(git, place, boundary);
    try {
      for (const work of works) await this.#judgeOne({ ...this.#hub, hub: place, objects }, work);
      await this.#checkRules({ git, place, objects, small: own, works });
    } finally {
      await objects.close();
    }
  }

  async #checkRules(ask: Omit<RulesAsk, 'rules' | 'timeoutMs'>): Promise<void> {
    const { rules } = this.#hub;
    const found = rules && (await foundByRules({ ...ask, rules, timeoutMs: STEP_TIMEOUT_MS }));
    if (found) throw new SecretFound(found);
  }

  /** @param inside the hub as it will be with what is judged. */
  async #judgeOne(inside: HubContext, { pushed, base }: Work): Promise<void> {
    const descends = await this.#blame('its history cannot be read', async () => {
      if (!(await inside.objects.findCommit(pushed))) throw new Unfit(`${pushed} is no commit`);
      return isAncestor(inside, base, pushed);
    });
    if (!descends) {
      throw new Unfit(`${pushed} does not descend from the commit it was handed, ${base}`);
    }
    const { objects } = inside;
    const changes = await this.#blame('its folders cannot be compared', async () => {
      const [before, after] = [await objects.commit(base), await objects.commit(pushed)];
      return changesBetween(treeReader(objects), before.tree, after.tree, this.#limits, lookAtNames);
    });
    const why = unfitChange(changes, this.#limits) ?? (await contentForPointer(inside, changes));
    if (why) throw new Unfit(why);
  }

  #bounds() {
    return { maxBytes: this.#limits.packedBytes, timeoutMs: STEP_TIMEOUT_MS };
  }

  /** In the quarantine a failing git is the pushed bytes' fault. A missing git is not. */
  async #blame<T>(what: string, work: () => Promise<T>): Promise<T> {
    return work().catch((error: unknown) => {
      const problem = error instanceof SwarmError ? error.problems[0] : undefined;
      if (problem?.code !== 'SW0702') throw error;
      throw new Unfit(`${what}: ${(problem.why ?? problem.what).slice(0, 500)}`);
    });
  }
}

const lookAtNames: LookAtNames = (added, all) => {
  const why = unfitNames(added, all);
  if (why) throw new Unfit(why);
};

/** No delta search: the pack lives for one step. No bitmap: of what was pushed, objects alone are believed. */
const PACK_ARGS = ['--revs', '--stdout', '-q', '--window=0', '--no-use-bitmap-index'];

/** Quoted as git reads it, so that a colon in the path does not split it. */
const borrow = (objects: string) => ({
  GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${objects.replace(/["\\]/g, '\\$&')}"`,
});

/** The index comes last: without it git does not see a pack, so a crash in between leaves nothing half there. */
async function moveObjects(from: string, to: string): Promise<void> {
  const names = await readdir(join(from, 'objects/pack'));
  const last = (name: string) => (name.endsWith('.idx') ? 1 : 0);
  for (const name of names.sort((a, b) => last(a) - last(b))) {
    await rename(join(from, 'objects/pack', name), join(to, 'pack', name));
  }
  const folder = await open(join(to, 'pack'));
  await folder.sync().finally(() => folder.close());
}
