/**
 * A run told by hand for the tests: a real repository, real commits, and a journal that says what the test wants
 * it to. It shares no code with the reader: its crc is zlib's.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

const exec = promisify(execFile);

export const RUN = 'r-20261121-k3f7';

type Files = Readonly<Record<string, string | undefined>>;

export interface LandOptions {
  readonly ordinal?: number;
  /** The task is known already: it is not accepted again. */
  readonly isAccepted?: boolean;
  /** Spoils the commit's message. */
  readonly rewrite?: (message: string) => string;
  /** Files the landing changes beyond its branch. */
  readonly collateral?: Files;
  /** What the journal says the branch changed. */
  readonly measured?: readonly string[];
  /** The tree the journal says was tested. */
  readonly tested?: string;
  /** What the gate said; given as undefined: nothing. */
  readonly outcome?: string | undefined;
  readonly isMerge?: boolean;
  /** Another task the journal says landed with the same commit. */
  readonly alongside?: string;
  readonly isHandedIn?: boolean;
  readonly isPublished?: boolean;
  /** `'tested'`: the journal ends at the gate's verdict. */
  readonly isTold?: boolean | 'tested';
}

export interface UndoOptions {
  /** Spoils the commit's message. */
  readonly rewrite?: (message: string) => string;
  readonly outcome?: string;
  /** The tree the journal says was tested. */
  readonly tested?: string;
  /** `'tested'`: the journal ends at the gate's verdict. */
  readonly isTold?: boolean | 'tested';
}

export class Story {
  readonly root: string;
  readonly path: string;
  readonly ref = `refs/heads/swarm/${RUN}`;
  readonly journal: string;
  base = '';
  head = '';
  gate = 'g1';
  readonly #entries: object[][] = [];
  #landings = 0;

  private constructor(root: string) {
    this.root = root;
    this.path = join(root, 'shop');
    this.journal = join(this.path, '.git', 'swarm', 'runs', RUN, 'journal.ndjson');
  }

  static async begin(): Promise<Story> {
    const story = new Story(await mkdtemp(join(tmpdir(), 'swarm-verify-')));
    await mkdir(dirname(story.journal), { recursive: true });
    await story.git('init', '--quiet', '--initial-branch=main', '.');
    story.base = await story.commit({ files: { 'README.md': 'shop\n' }, message: 'First', parents: [] });
    story.head = story.base;
    await story.git('update-ref', 'refs/heads/main', story.base);
    return story;
  }

  say(...events: readonly object[]): void {
    this.#entries.push([...events]);
  }

  close(): void {
    this.say({ type: 'run.closed', reason: 'done', head: this.head, green: true });
  }

  async landTask(task: string, files: Files, options: LandOptions = {}): Promise<void> {
    const attempt = `${task}.${options.ordinal ?? 1}`;
    const onto = this.head;
    const work = await this.commit({ files, message: 'work', parents: [onto] });
    const parents = options.isMerge ? [onto, work] : [onto];
    const message = (tree: string) => this.#message(task, attempt, tree, options.rewrite);
    const commit = await this.commit({ files: { ...files, ...options.collateral }, message, parents });
    if (options.isTold !== false) await this.#tell(task, attempt, { onto, work, commit }, files, options);
    this.head = commit;
    if (options.isPublished !== false) await this.moveTarget(commit);
  }

  /** Takes tasks back by removing files, as a gated commit on the head. */
  async undoTasks(tasks: readonly string[], files: Files, options: UndoOptions = {}): Promise<string> {
    const { rewrite = (m: string) => m, outcome = 'passed', isTold = true } = options;
    const undoes = tasks.map((task) => `Swarm-Undoes: ${task}`).join('\n');
    const commit = await this.commit({
      files,
      message: (tree) => rewrite(`Undo\n\nSwarm-Run: ${RUN}\n${undoes}\nSwarm-Gate: ${this.gate} ${tree}\n`),
    });
    const tree = options.tested ?? (await this.git('rev-parse', `${commit}^{tree}`));
    const candidate = { parent: this.head, commit, tree };
    const passed = { type: 'undo.passed', tasks, candidate, gate: { outcome, gate: this.gate } };
    const undone = tasks.map((task) => ({ type: 'landing.undone', task, commit, by: 'operator' }));
    if (isTold) this.say(passed);
    if (isTold === true) this.say(...undone);
    await this.moveTarget(commit);
    return commit;
  }

  /** Lands several as one merge, each with a commit of its own under it. */
  async landBatch(
    tasks: Readonly<Record<string, Files>>,
    options: {
      /** Spoils the merge's message. */
      readonly rewrite?: (message: string) => string;
      /** Spoils each task's message. */
      readonly rewriteMember?: (message: string) => string;
      /** Files the merge changes beyond its tasks. */
      readonly more?: Files;
      /** Tasks whose commit is left out. */
      readonly without?: readonly string[];
      /** What the journal says of it in the end. */
      readonly told?: 'landed' | 'found' | 'half-found' | 'tested';
    } = {},
  ): Promise<void> {
    const onto = this.head;
    const members: { task: string; attempt: string; commit: string }[] = [];
    let tip = onto;
    for (const [task, files] of Object.entries(tasks)) {
      const attempt = `${task}.1`;
      const work = await this.commit({ files, message: 'work', parents: [onto] });
      const change = { commit: work, base: onto, filesChanged: Object.keys(files) };
      const message = this.#memberMessage(task, options.rewriteMember);
      const commit = await this.commit({ files, message, parents: [tip] });
      if (!options.without?.includes(task)) tip = commit;
      members.push({ task, attempt, commit });
      const ended = { type: 'attempt.ended', attempt, reason: 'handed-in', handoff: { change } };
      this.say({ type: 'task.accepted', task }, { type: 'attempt.started', attempt }, ended);
    }
    const files = { ...Object.assign({}, ...Object.values(tasks)), ...options.more } as Files;
    const message = (tree: string) => this.#batchMessage(members.length, tree, options.rewrite);
    const commit = await this.commit({ files, message, parents: [onto, tip] });
    const tree = await this.git('rev-parse', `${commit}^{tree}`);
    const landing = `l${++this.#landings}`;
    const started = { landing, members, candidate: { parent: onto, commit, tree } };
    this.say({ type: 'landing.started', ...started });
    this.say({ type: 'gate.ended', landing, result: { outcome: 'passed', gate: this.gate } });
    const told = options.told ?? 'landed';
    if (told === 'landed') this.say({ type: 'landing.landed', ...started });
    const found = told === 'found' ? members : told === 'half-found' ? members.slice(0, 1) : [];
    for (const member of found) this.say({ type: 'landing.found', ...member });
    await this.moveTarget(commit);
  }

  #memberMessage(task: string, rewrite = (m: string) => m): string {
    return rewrite(`Do ${task}\n\nSwarm-Run: ${RUN}\nSwarm-Task: ${task}\nSwarm-Attempt: ${task}.1\n`);
  }

  #batchMessage(count: number, tree: string, rewrite = (m: string) => m): string {
    return rewrite(`Land ${count} tasks\n\nSwarm-Run: ${RUN}\nSwarm-Gate: ${this.gate} ${tree}\n`);
  }

  #message(task: string, attempt: string, tree: string, rewrite = (m: string) => m): string {
    const trailers = [`Swarm-Run: ${RUN}`, `Swarm-Task: ${task}`, `Swarm-Attempt: ${attempt}`];
    return rewrite(`Do ${task}\n\n${trailers.join('\n')}\nSwarm-Gate: ${this.gate} ${tree}\n`);
  }

  async #tell(
    task: string,
    attempt: string,
    made: { onto: string; work: string; commit: string },
    files: Files,
    options: LandOptions,
  ): Promise<void> {
    const change = {
      commit: made.work,
      base: made.onto,
      filesChanged: options.measured ?? Object.keys(files),
    };
    const landing = `l${++this.#landings}`;
    const tree = options.tested ?? (await this.git('rev-parse', `${made.commit}^{tree}`));
    const candidate = { parent: made.onto, commit: made.commit, tree };
    const tasks = [task, ...(options.alongside ? [options.alongside] : [])];
    const members = tasks.map((t) => ({
      task: t,
      attempt: `${t}.${attempt.split('.')[1]}`,
      commit: made.commit,
    }));
    const outcome = 'outcome' in options ? options.outcome : 'passed';
    if (!options.isAccepted && !options.ordinal) this.say({ type: 'task.accepted', task });
    const handoff = options.isHandedIn === false ? {} : { handoff: { change } };
    const ended = { type: 'attempt.ended', attempt, reason: 'handed-in', ...handoff };
    this.say({ type: 'attempt.started', attempt }, ended);
    this.say({ type: 'landing.started', landing, members, candidate });
    const gate = { type: 'gate.ended', landing, result: { outcome, gate: this.gate } };
    const landed = { type: 'landing.landed', landing, members, candidate };
    this.say(...(outcome ? [gate] : []), ...(options.isTold === 'tested' ? [] : [landed]));
  }

  /** A commit on the present head, or on `parents`; a file given as undefined is removed. */
  async commit(ask: {
    readonly files: Files;
    readonly message: string | ((tree: string) => string);
    readonly parents?: readonly string[];
  }): Promise<string> {
    const parents = ask.parents ?? [this.head];
    const index = { GIT_INDEX_FILE: join(this.root, 'index') };
    await this.#run(['read-tree', ...(parents[0] ? [parents[0]] : ['--empty'])], index);
    for (const [path, text] of Object.entries(ask.files)) {
      const blob =
        text === undefined ? undefined : await this.#run(['hash-object', '-w', '--stdin'], {}, text);
      const change = blob ? ['--add', '--cacheinfo', `100644,${blob},${path}`] : ['--force-remove', path];
      await this.#run(['update-index', ...change], index);
    }
    const tree = await this.#run(['write-tree'], index);
    const message = typeof ask.message === 'string' ? ask.message : ask.message(tree);
    return this.#run(['commit-tree', tree, ...parents.flatMap((p) => ['-p', p]), '-F', '-'], {}, message);
  }

  async moveTarget(commit: string): Promise<void> {
    await this.git('update-ref', this.ref, commit);
    this.head = commit;
  }

  git = (...args: string[]): Promise<string> => this.#run(args);

  async #run(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<string> {
    const identity = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@b',
    };
    const options = { cwd: this.path, env: { PATH: process.env.PATH, ...identity, ...env } };
    const running = exec('git', [...args], options);
    // Most of these commands read nothing and are gone before we have closed their input.
    running.child.stdin!.on('error', () => undefined).end(input);
    return (await running).stdout.trim();
  }

  async writeJournal(): Promise<void> {
    const request = { base: this.base, landOn: this.ref, gateHash: this.gate };
    const entries = [[{ type: 'run.opened', run: RUN, request }], ...this.#entries];
    await writeFile(this.journal, entries.map((events, index) => line(index + 1, events)).join(''));
  }
}

function line(seq: number, events: readonly object[]): string {
  const head = `{"v":1,"seq":${seq},"at":"2026-11-21T10:00:00.000Z",`;
  const tail = `"cause":"test","events":${JSON.stringify(events)}}`;
  const crc = crc32(tail, crc32(head)).toString(16).padStart(8, '0');
  return `${head}"crc":"${crc}",${tail}\n`;
}
