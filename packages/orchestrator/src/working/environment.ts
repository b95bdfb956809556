import type { Workspace } from '@swarm/core';
import type { Context } from '../context.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';

export type Prepared = { readonly ok: true } | { readonly ok: false; readonly detail: string };

/**
 * One prepared environment for worker, gate and checks: `setup` runs once per key (its command, the lockfiles and
 * manifests), what it left is kept, and every later workspace gets a copy.
 *
 * Setup may reach the network only for the base's own key. A commit that brings other lockfiles is not trusted:
 * its setup runs offline, and fails with its reason where it needs more.
 */
export class Environments {
  readonly #context: Context;
  readonly #underWay = new Map<string, Promise<Prepared>>();
  #baseKey: string | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The base's workspace tells which key is trusted. */
  async prepareBase(workspace: Workspace, signal: AbortSignal): Promise<Prepared> {
    const setup = this.#setup;
    if (setup) this.#baseKey = await this.#context.ports.environments.keyOf(workspace.path, setup);
    return this.prepare(workspace, signal);
  }

  async prepare(workspace: Workspace, signal: AbortSignal): Promise<Prepared> {
    const setup = this.#setup;
    if (!setup) return { ok: true };
    const { environments } = this.#context.ports;
    const key = await environments.keyOf(workspace.path, setup);
    const made = await this.#make(key, setup, workspace, signal);
    if (!made.ok) return made;
    // Setup that ran in this very workspace left everything in place; a copy over it changes nothing.
    await environments.install(key, workspace.path);
    return made;
  }

  get #setup(): string | undefined {
    return this.#context.state.run!.request.setup;
  }

  async #make(key: string, setup: string, workspace: Workspace, signal: AbortSignal): Promise<Prepared> {
    const waiting = this.#underWay.get(key);
    if (waiting) return waiting;
    if (await this.#context.ports.environments.has(key)) return { ok: true };
    // Asked again: another workspace may have begun while the store was looked at.
    const begun = this.#underWay.get(key);
    if (begun) return begun;
    const making = this.#run(key, setup, workspace, signal).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, making);
    return making;
  }

  async #run(key: string, setup: string, like: Workspace, signal: AbortSignal): Promise<Prepared> {
    const { environments, sandbox, workspaces, log } = this.#context.ports;
    const isTrusted = key === this.#baseKey;
    const workspace = await workspaces.create({ name: `setup-${key}`, base: like.head });
    try {
      log.write('setup.started', { msg: `setup: ${setup}`, data: { setup, key, network: isTrusted } });
      const before = await environments.snapshot(workspace.path);
      const result = await sandbox.run({
        name: workspace.name,
        argv: ['/bin/sh', '-c', setup],
        workspace: workspace.path,
        readOnly: workspace.readOnly.map((host) => ({ host, inside: host })),
        readWrite: [],
        env: { CI: '1' },
        network: isTrusted ? 'open' : 'none',
        limits: { wallMs: this.#context.settings.setup.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
        signal,
      });
      const ok = result.end === 'exited' && result.exitCode === 0;
      log.write('setup.ended', {
        msg: ok
          ? `setup done in ${Math.round(result.durationMs)} ms`
          : `setup failed: ${result.end} ${result.exitCode ?? ''}`,
        level: ok ? 'info' : 'error',
        data: { key, end: result.end, exitCode: result.exitCode ?? null, durationMs: result.durationMs },
      });
      if (!ok) {
        const offline = isTrusted ? '' : ' (offline: the lockfiles are not those of the base)';
        return {
          ok: false,
          detail: `setup \`${setup}\` ended with ${result.exitCode ?? result.end}${offline}:\n${tailOf(result.output)}`,
        };
      }
      await environments.keep(key, workspace.path, before);
      return { ok: true };
    } finally {
      await workspaces.remove(workspace.name);
    }
  }
}
