import type { CommitId } from '@swarm/core/model/ids';
import type { SetupAsk } from '@swarm/core/ports/bench';
import type { Workspace, Workspaces } from '@swarm/core/ports/git';
import type { EnvironmentStore, SandboxResult } from '@swarm/core/ports/running';
import type { Log } from '@swarm/core/ports/world';
import { tailOf } from '../settings.ts';
import { isDiskFull } from './disk-full.ts';
import { SharedWork } from './shared-work.ts';

export type Prepared =
  | { readonly kind: 'ready' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly isDiskFull: boolean; readonly detail: string };

export interface EnvironmentParts {
  readonly environments: EnvironmentStore;
  readonly workspaces: Pick<Workspaces, 'create' | 'remove'>;
  readonly log: Log;
  /** Runs setup in a workspace, contained; it may reach the network where it is trusted. */
  readonly run: (
    workspace: Workspace,
    setup: SetupAsk,
    isTrusted: boolean,
    signal: AbortSignal,
  ) => Promise<SandboxResult>;
}

/** As a workspace is asked for: the work of `from`, where there is one, merged onto `base`. */
export interface MadeOf {
  readonly base: CommitId;
  readonly from?: CommitId;
}

/**
 * One prepared environment for every bench of this host: `setup` runs once per key (its command, the lockfiles and
 * manifests), what it left is kept, and every later workspace gets a copy.
 *
 * Setup may reach the network only for the key of the trusted commit. A commit that brings other lockfiles is not
 * trusted: its setup runs offline, and fails with its reason where it needs more.
 */
export class Environments {
  readonly #parts: EnvironmentParts;
  readonly #making = new SharedWork<Prepared>();
  readonly #trustedKeys = new Map<string, Promise<string>>();

  constructor(parts: EnvironmentParts) {
    this.#parts = parts;
  }

  /** @param made what the workspace was made of: earlier work merged onto the base brings lockfiles of its own. */
  async prepare(workspace: Workspace, made: MadeOf, setup: SetupAsk, signal: AbortSignal): Promise<Prepared> {
    const { environments } = this.#parts;
    const key = await environments.keyOf(workspace.path, setup.command);
    const isBare = made.from === undefined && made.base === setup.trusted;
    const trusted = isBare ? this.#trust(setup, key) : this.#trustedKey(setup);
    const isTrusted = key === (await trusted);
    // Those who join share one setup, whoever of them came first or leaves first.
    const prepared = await this.#making.join(key, signal, (own) =>
      this.#make(key, setup, made, isTrusted, own),
    );
    if (!prepared) return { kind: 'aborted' };
    // Setup that ran in this very workspace left everything in place; a copy over it changes nothing.
    if (prepared.kind === 'ready') await environments.install(key, workspace.path);
    return prepared;
  }

  async #trust(setup: SetupAsk, key: string): Promise<string> {
    this.#trustedKeys.set(trustOf(setup), Promise.resolve(key));
    return key;
  }

  /** Looked at once, in a workspace of its own: no attempt's files say what is trusted. */
  #trustedKey(setup: SetupAsk): Promise<string> {
    const name = trustOf(setup);
    const known = this.#trustedKeys.get(name);
    if (known) return known;
    const looked = this.#lookAtTrusted(setup).catch((error: unknown) => {
      this.#trustedKeys.delete(name);
      throw error;
    });
    this.#trustedKeys.set(name, looked);
    return looked;
  }

  async #lookAtTrusted(setup: SetupAsk): Promise<string> {
    const { environments, workspaces } = this.#parts;
    const workspace = await workspaces.create({ name: 'setup-trusted', base: setup.trusted });
    try {
      return await environments.keyOf(workspace.path, setup.command);
    } finally {
      await workspaces.remove(workspace.name);
    }
  }

  async #make(
    key: string,
    setup: SetupAsk,
    { base, from }: MadeOf,
    isTrusted: boolean,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const { environments, workspaces, log } = this.#parts;
    if (await environments.has(key)) return { kind: 'ready' };
    const workspace = await workspaces.create({ name: `setup-${key}`, base, ...(from && { from }) });
    try {
      const { command } = setup;
      log.write('setup.started', {
        msg: `setup: ${command}`,
        data: { setup: command, key, network: isTrusted },
      });
      const before = await environments.snapshot(workspace.path);
      const ran = await this.#parts.run(workspace, setup, isTrusted, signal);
      this.#tell(key, ran);
      if (ran.end !== 'exited' || ran.exitCode !== 0) return failed(setup, ran, isTrusted);
      await environments.keep(key, workspace.path, before);
      return { kind: 'ready' };
    } finally {
      await workspaces.remove(workspace.name);
    }
  }

  #tell(key: string, { end, exitCode, durationMs }: SandboxResult): void {
    const ok = end === 'exited' && exitCode === 0;
    this.#parts.log.write('setup.ended', {
      msg: ok ? `setup done in ${Math.round(durationMs)} ms` : `setup failed: ${end} ${exitCode ?? ''}`,
      level: ok ? 'info' : 'error',
      data: { key, end, exitCode: exitCode ?? null, durationMs },
    });
  }
}

const trustOf = ({ command, trusted }: SetupAsk): string => `${trusted} ${command}`;

function failed({ command }: SetupAsk, ran: SandboxResult, isTrusted: boolean): Prepared {
  const offline = isTrusted ? '' : ' (offline: the lockfiles are not those of the base)';
  return {
    kind: 'failed',
    isDiskFull: isDiskFull(ran.output),
    detail: `setup \`${command}\` ended with ${ran.exitCode ?? ran.end}${offline}:\n${tailOf(ran.output)}`,
  };
}
