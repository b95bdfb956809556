/** A repository in which people build branches on one another, and runs that land them. */
import type { TestContext } from 'node:test';
import type { CommitId, RunId, TreeId } from '@swarm/core/model/ids';
import type { CandidateOutcome } from '@swarm/core/ports/git';
import type { HubOptions, OpenedHub } from '../src/index.ts';
import { attempt, commit, git, type World, world } from './world.ts';

export interface Landed {
  readonly run: RunId;
  readonly task: string;
  readonly commit: CommitId;
}

export class People {
  readonly world: World;
  #run: OpenedHub;
  #runs = 1;
  #tasks = 0;

  private constructor(w: World) {
    this.world = w;
    this.#run = w;
  }

  static async with(t: TestContext, files: Record<string, string>): Promise<People> {
    return new People(await world(t, files, { landOn: 'refs/heads/main', run: runId(1) }));
  }

  get repo(): string {
    return this.world.repo;
  }
  get head(): CommitId {
    return git(this.repo, 'rev-parse', 'main') as CommitId;
  }

  /** A branch with these files in one commit, upon another branch; the target stays checked out nowhere. */
  branch(name: string, on: string, files: Record<string, string>, message = `Add ${name}`): CommitId {
    git(this.repo, 'checkout', '--quiet', '--detach', on);
    const made = commit(this.repo, files, message);
    git(this.repo, 'branch', '--quiet', '--force', name, made);
    return made;
  }

  /** Somebody else's commit on the target. */
  push(files: Record<string, string>, message?: string): CommitId {
    return this.branch('main', 'main', files, message);
  }

  /** What a person gets who types the command, whatever it was; the target is where it was left. */
  onMain(...args: string[]): CommitId {
    git(this.repo, 'checkout', '--quiet', '--detach', 'main');
    git(this.repo, ...args);
    git(this.repo, 'branch', '--quiet', '--force', 'main', 'HEAD');
    return this.head;
  }

  /** From now on another run lands: a process that knows nothing of the one before. */
  async nextRun(more: Partial<HubOptions> = {}): Promise<void> {
    this.#runs += 1;
    await this.#run.close();
    git(this.repo, 'checkout', '--quiet', '--detach', 'main');
    this.#run = await this.world.reopen({ run: runId(this.#runs), ...more });
  }

  async build(
    name: string,
    onto: CommitId = this.head,
  ): Promise<CandidateOutcome & { readonly task: string }> {
    const work = git(this.repo, 'rev-parse', name) as CommitId;
    const task = `t${++this.#tasks}`;
    await this.#run.hub.targetHead();
    await this.#run.branches.gather([work]);
    await this.#run.branches.take(attempt(`${task}.1`), work);
    const message = () => this.#message(task, name, work);
    return {
      ...(await this.#run.hub.buildCandidate({ onto, work, message, atSeconds: 1_700_000_000 })),
      task,
    };
  }

  /** Throws unless it landed. */
  async land(name: string): Promise<Landed> {
    const built = await this.build(name);
    if (built.kind !== 'clean') throw new Error(`${name}: ${JSON.stringify(built)}`);
    return this.publish(built);
  }

  async publish(built: {
    readonly task: string;
    readonly commit: CommitId;
    readonly tree: TreeId;
  }): Promise<Landed> {
    const { task, commit: made, tree } = built;
    const told = await this.#run.hub.publish({ parent: this.head, commit: made, tree });
    if (told.kind !== 'published') throw new Error(JSON.stringify(told));
    return { run: runId(this.#runs), task, commit: made };
  }

  /** The undo of a landing, as swarm takes it back. */
  async undo({ run, task, commit: of }: Landed): Promise<CommitId> {
    const parent = this.head;
    const message = () => `Undo ${task}\n\nSwarm-Run: ${run}\nSwarm-Undoes: ${task}\n`;
    const built = await this.#run.hub.buildRevert({ onto: parent, commits: [of], message, atSeconds: 1 });
    if (built.kind !== 'clean') throw new Error(JSON.stringify(built));
    await this.#run.hub.publish({ parent, commit: built.commit, tree: built.tree });
    return built.commit;
  }

  /** A file of the target, or of a commit of the hub. */
  read(path: string, at?: CommitId): string | undefined {
    try {
      return at
        ? git(`${this.world.stateDir}/hub.git`, 'show', `${at}:${path}`)
        : git(this.repo, 'show', `main:${path}`);
    } catch {
      return undefined;
    }
  }

  #message(task: string, name: string, work: CommitId): string {
    const trailers = [`Swarm-Run: ${runId(this.#runs)}`, `Swarm-Task: ${task}`, `Swarm-Attempt: ${task}.1`];
    return [`Land ${name}`, '', ...trailers, `Swarm-Branch: ${name}@${work}`, ''].join('\n');
  }
}

/** An id's last part has no digits that look like letters. */
const runId = (n: number): RunId =>
  `r-20261122-${n
    .toString(4)
    .padStart(4, '0')
    .replace(/./g, (d) => 'wxyz'[Number(d)]!)}` as RunId;
