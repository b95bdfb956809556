import type { CommitId } from '@swarm/core/model/ids';
import type { SetupAsk } from '@swarm/core/ports/bench';
import type { Workspace, Workspaces } from '@swarm/core/ports/git';
import type { EnvironmentStore, SandboxResult, SetupLeft, SetupNeed } from '@swarm/core/ports/running';
import type { Log } from '@swarm/core/ports/world';
import { refusedText } from '@swarm/core/rules/way-out';
import { secondsText } from '@swarm/core/views/words';
import { tailOf } from '../settings.ts';
import { isDiskFull } from './disk-full.ts';
import { SharedWork } from './shared-work.ts';

export type Prepared =
  | { readonly kind: 'ready'; readonly left: readonly SetupLeft[] }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly isDiskFull: boolean; readonly detail: string };

/** Work of which only so much is done at one time. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export interface EnvironmentParts {
  readonly environments: EnvironmentStore;
  readonly workspaces: Pick<Workspaces, 'create' | 'remove'>;
  readonly log: Log;
  /** In which work trees are filled. */
  readonly inTurn: InTurn;
  /** Runs setup in a workspace, contained; it is given its own variables where it is trusted. */
  readonly run: (
    workspace: Workspace,
    setup: SetupAsk,
    may: SetupMay,
    signal: AbortSignal,
  ) => Promise<SandboxResult>;
}

/** What one setup may have. */
export interface SetupMay {
  readonly isTrusted: boolean;
  readonly hasNetwork: boolean;
}

/** As a workspace is asked for: the work of `from`, where there is one, merged onto `base`. */
export interface MadeOf {
  readonly base: CommitId;
  readonly from?: CommitId;
}

/** Which environment serves a workspace, and whose tree it is made of. */
interface Source extends MadeOf {
  readonly key: string;
  readonly isTrusted: boolean;
}

/** Beside a workspace and under its name, so that it goes with it. */
export const homeOf = ({ path }: Pick<Workspace, 'path'>): string => `${path}.home`;

/** Looks that are remembered; the trusted commit's is always among them. */
const MOST_LOOKS = 64;

/**
 * Prepared environments for the benches of this host: `setup` runs once per key, what it left is kept, and every later
 * workspace gets a copy. Whose tree it ran on decides whom it serves:
 *
 * - The trusted commit's environment serves every workspace that needs the same. It alone is made with setup's own
 *   variables, and with network where the operator did not open it to all, and stays as long as the run lives.
 * - The one of the target's head serves what is built on it and needs the same: whoever is served would
 *   run the same setup himself.
 * - What any other tree made serves that tree alone.
 */
export class Environments {
  readonly #parts: EnvironmentParts;
  readonly #making = new SharedWork<Made>();
  readonly #needs = new Map<string, Promise<SetupNeed>>();

  constructor(parts: EnvironmentParts) {
    this.#parts = parts;
  }

  /** @param made what the workspace was made of: earlier work merged onto the base brings manifests of its own. */
  async prepare(workspace: Workspace, made: MadeOf, setup: SetupAsk, signal: AbortSignal): Promise<Prepared> {
    const { environments } = this.#parts;
    const source = await this.#sourceFor(workspace, made, setup);
    const place = { workspace: workspace.path, home: homeOf(workspace) };
    // Twice at most: what was kept and changed meanwhile is made again.
    for (const isLast of [false, true]) {
      // Those who join share one setup, whoever of them came first or leaves first.
      const done = await this.#making.join(source.key, signal, (own) => this.#make(source, setup, own));
      if (!done) return { kind: 'aborted' };
      if (done.kind === 'failed') return done;
      const left = await this.#parts.inTurn(() => environments.install(source.key, place));
      if (left) return { kind: 'ready', left };
      this.#parts.log.write('setup.changed', {
        msg: `the environment ${source.key} was changed after it was kept; it serves nobody`,
        level: 'warn',
        data: { key: source.key },
      });
      if (isLast) break;
    }
    const detail = `the environment ${source.key} was changed twice while it was put into a workspace`;
    return { kind: 'failed', isDiskFull: false, detail };
  }

  async #sourceFor(workspace: Workspace, made: MadeOf, setup: SetupAsk): Promise<Source> {
    const need = await this.#parts.environments.needOf(workspace.path, setup.command);
    const { trusted, landed } = setup;
    const isLookedAt = !made.from && (made.base === trusted || made.base === landed);
    if (isLookedAt) this.#remember(made.base, setup, Promise.resolve(need));
    const base = await this.#needAt(trusted, setup);
    if (base.hash === need.hash) {
      const key = base.isKnown ? base.hash : `${base.hash}-base-${trusted}`;
      this.#parts.environments.pin(key);
      return { key, base: trusted, isTrusted: true };
    }
    if (landed !== trusted && (await this.#needAt(landed, setup)).hash === need.hash) {
      return { key: `${need.hash}-head-${landed}`, base: landed, isTrusted: false };
    }
    const { base: onto, from } = made;
    return { key: `${need.hash}-${from ?? 'own'}-${onto}`, ...made, isTrusted: false };
  }

  /** Looked at once, in a workspace of its own: no attempt's files say what another commit holds. */
  #needAt(commit: CommitId, setup: SetupAsk): Promise<SetupNeed> {
    const known = this.#needs.get(lookOf(commit, setup));
    if (known) return known;
    const looked = this.#lookAt(commit, setup).catch((error: unknown) => {
      this.#needs.delete(lookOf(commit, setup));
      throw error;
    });
    return this.#remember(commit, setup, looked);
  }

  #remember(commit: CommitId, setup: SetupAsk, need: Promise<SetupNeed>): Promise<SetupNeed> {
    const trusted = lookOf(setup.trusted, setup);
    const oldest = [...this.#needs.keys()].find((name) => name !== trusted);
    if (this.#needs.size >= MOST_LOOKS && oldest !== undefined) this.#needs.delete(oldest);
    this.#needs.set(lookOf(commit, setup), need);
    return need;
  }

  async #lookAt(commit: CommitId, setup: SetupAsk): Promise<SetupNeed> {
    const { environments, workspaces } = this.#parts;
    const workspace = await workspaces.create({ name: `setup-look-${commit}`, base: commit });
    try {
      return await environments.needOf(workspace.path, setup.command);
    } finally {
      await workspaces.remove(workspace.name);
    }
  }

  async #make(source: Source, setup: SetupAsk, signal: AbortSignal): Promise<Made> {
    const { environments, workspaces, log } = this.#parts;
    const { key, base, from, isTrusted } = source;
    if (await environments.has(key)) return { kind: 'made' };
    const workspace = await workspaces.create({ name: `setup-${key}`, base, ...(from && { from }) });
    try {
      const { command } = setup;
      const may = { isTrusted, hasNetwork: isTrusted || setup.network === 'work' };
      log.write('setup.started', {
        msg: `setup: ${command}`,
        data: { setup: command, key, network: may.hasNetwork },
      });
      const home = homeOf(workspace);
      await environments.lendHome(await this.#lenderOf(source, setup), home);
      const before = await environments.snapshot(workspace.path);
      const ran = await this.#parts.run(workspace, setup, may, signal);
      this.#tell(key, ran);
      if (ran.end !== 'exited' || ran.exitCode !== 0) return failed(setup, ran, may);
      await environments.keep(key, { workspace: workspace.path, home }, before);
      return { kind: 'made' };
    } finally {
      await workspaces.remove(workspace.name);
    }
  }

  /** An offline setup finds in the home what the trusted one fetched. */
  async #lenderOf({ key, isTrusted }: Source, setup: SetupAsk): Promise<string> {
    if (isTrusted) return key;
    const { hash, isKnown } = await this.#needAt(setup.trusted, setup);
    return isKnown ? hash : `${hash}-base-${setup.trusted}`;
  }

  #tell(key: string, { end, exitCode, durationMs, refused = [] }: SandboxResult): void {
    const ok = end === 'exited' && exitCode === 0;
    const isCalledOff = end === 'aborted';
    const how = isCalledOff ? 'setup was called off' : `setup failed: ${[end, exitCode].join(' ').trim()}`;
    const plain = ok ? `setup done in ${secondsText(durationMs)}` : how;
    // It may have done without; whoever looks why something is not there finds it here.
    const isFine = (ok && refused.length === 0) || isCalledOff;
    this.#parts.log.write('setup.ended', {
      msg: refused.length > 0 ? `${plain}; it ${refusedText(refused)}` : plain,
      level: isFine ? 'info' : ok ? 'warn' : 'error',
      data: { key, end, exitCode: exitCode ?? null, durationMs, ...(refused.length > 0 && { refused }) },
    });
  }
}

type Made = { readonly kind: 'made' } | Extract<Prepared, { kind: 'failed' }>;

/** The way out stands first: what the package manager says of it is many lines. */
const OFFLINE =
  ' (offline: it needs other dependencies or scripts than the base; with --setup-network work it may fetch them)';

const lookOf = (commit: CommitId, { command }: SetupAsk): string => `${commit} ${command}`;

function failed({ command }: SetupAsk, ran: SandboxResult, { hasNetwork }: SetupMay): Made {
  const refused = ran.refused ? ` (it ${refusedText(ran.refused)})` : '';
  const offline = hasNetwork ? refused : OFFLINE;
  return {
    kind: 'failed',
    isDiskFull: isDiskFull(ran.output),
    detail: `setup \`${command}\` ended with ${ran.exitCode ?? ran.end}${offline}:\n${tailOf(ran.output)}`,
  };
}
