/**
 * Clones to work in: whole repositories of their own that borrow what they may read of the hub's objects, never
 * linked worktrees (whose configuration the main repository would see). After an agent ran in one, no git of ours runs there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { SaveReport, Workspace, Workspaces } from '@swarm/core/ports/git';
import { configOf } from './bare.ts';
import { settleByRule } from './by-rule.ts';
import type { HubContext } from './context.ts';
import { identityEnv } from './identity.ts';
import type { Intake } from './intake.ts';
import { isAncestor } from './landed.ts';
import { workspaceName, workspaceOf } from './layout.ts';
import type { Loans } from './loans.ts';
import { writeLoose } from './loose.ts';
import { namesIn } from './observe.ts';
import { readSave, saveCommand } from './save-command.ts';
import { CONE_FILE, type Cone, coneList, coneOf, conePatterns } from './sparse.ts';
import { fillSubmodules } from './submodules.ts';

type Ask = Parameters<Workspaces['create']>[0];

export class Clones implements Workspaces {
  readonly #hub: HubContext;
  readonly #intake: Intake;
  readonly #loans: Loans;

  constructor(hub: HubContext, intake: Intake, loans: Loans) {
    this.#hub = hub;
    this.#intake = intake;
    this.#loans = loans;
  }

  /** Safe to ask for many at once, under different names. SW0702 when `base` or `from` is not in the hub. */
  async create(ask: Ask): Promise<Workspace> {
    const path = this.#hub.layout.workspace(ask.name);
    const known = ask.from ? [ask.base, ask.from] : [ask.base];
    await this.#expectCommits(known);
    await this.remove(ask.name);
    await this.#pin(ask);
    const lent = await this.#loans.lend(ask.name, ask.base, ask.from);
    const intake = ask.attempt ? await this.#intake.make(ask.attempt, known, lent) : undefined;
    const start = await this.#startOf(ask);
    const cone = ask.only && coneOf(ask.only);
    if (cone && intake !== undefined) writeFileSync(join(intake, CONE_FILE), coneList(cone));
    await this.#clone(path, ask.name, { start, intake, lent, cone });
    const onto = ask.from && start !== ask.from ? await this.#mergeLastWork(path, ask.base, ask.from) : CLEAN;
    const head = onto.merged ? await this.#headOf(path) : start;
    return {
      name: ask.name,
      path,
      ...(intake ? { intake } : {}),
      readOnly: [lent],
      head,
      conflicts: onto.conflicts,
    };
  }

  saveCommand(ask: Parameters<Workspaces['saveCommand']>[0]): readonly string[] {
    return saveCommand(ask, this.#hub.identity);
  }

  readSave(output: string): SaveReport {
    return readSave(output);
  }

  async remove(name: string): Promise<void> {
    const { workspaces } = this.#hub.layout;
    const whole = workspaceName(name);
    const isPart = (entry: string): boolean => workspaceOf(entry) === whole;
    for (const entry of (await namesIn(workspaces)).filter(isPart)) {
      await this.#hub.cleanUp.discard(join(workspaces, entry));
    }
    this.#loans.giveBack(whole);
  }

  async #expectCommits(commits: readonly CommitId[]): Promise<void> {
    const found = await Promise.all(commits.map((commit) => this.#hub.objects.findCommit(commit)));
    if (found.every(Boolean)) return;
    throw new SwarmError({
      code: 'SW0702',
      what: `a workspace cannot be made: ${commits.join(' or ')} is not in the hub`,
      where: this.#hub.layout.hub,
    });
  }

  /** The clone stands on it: the reference keeps it in the hub, and ingest measures the work against it. */
  async #pin(ask: Ask): Promise<void> {
    const line = `update ${this.#hub.refs.handed(ask.attempt ?? ask.name)} ${ask.base}`;
    await this.#hub.mutex.run(() => this.#hub.hubRefs.write([line]));
  }

  /** Last work that holds the base already needs no merge. */
  async #startOf({ base, from }: Ask): Promise<CommitId> {
    return from && (await isAncestor(this.#hub, base, from)) ? from : base;
  }

  async #clone(path: string, name: string, at: Omit<Start, 'branch'>): Promise<void> {
    const branch = `refs/heads/swarm/${name}`;
    writeRepository(this.#hub, join(path, '.git'), { branch, ...at });
    await this.#hub.git.run(placeOf(path), 'read-tree', ['-m', '-u', at.start], { config: FAST });
    if (!at.cone) await fillSubmodules(this.#hub, path, at.start);
  }

  #headOf(path: string): Promise<CommitId> {
    return this.#hub.git.objectName(placeOf(path), 'rev-parse', ['--verify', 'HEAD']);
  }

  /**
   * What rules can settle is settled. A merge that conflicts beyond that stays open: the next plain commit has both
   * parents, so the hub's merge base is `base`.
   */
  async #mergeLastWork(path: string, base: CommitId, from: CommitId): Promise<Merged> {
    const message = 'Bring the last attempt onto the present target';
    const flags = ['--no-ff', '--no-edit', '--no-verify', '--no-stat', '--quiet', '-m', message];
    const options = { codes: [0, 1], config: FAST, env: identityEnv(this.#hub.identity) };
    const done = await this.#hub.git.run(placeOf(path), 'merge', [...flags, from], options);
    if (done.code === 0) return { merged: true, conflicts: [] };
    const isSettled = await this.#settle(path, base, from);
    const args = ['--name-only', '--diff-filter=U', '-z', '--no-ext-diff', '--no-textconv'];
    const conflicts = await this.#hub.git.records(placeOf(path), 'diff', args);
    if (conflicts.length > 0 || !isSettled) return { merged: false, conflicts };
    const commit = ['--no-verify', '--quiet', '-m', message];
    await this.#hub.git.run(placeOf(path), 'commit', commit, { ...options, codes: [0] });
    return { merged: true, conflicts };
  }

  /**
   * Puts settled files into the index and the work tree; no agent was here yet, and git follows no link.
   * @returns true when there were any.
   */
  async #settle(path: string, base: CommitId, from: CommitId): Promise<boolean> {
    const { settled } = await settleByRule(this.#hub, { onto: base, work: from });
    if (settled.length === 0) return false;
    const rows = settled.map(({ mode, blob, rawPath }) => `${mode} ${blob}\t${rawPath}\0`);
    const names = settled.map(({ rawPath }) => `${rawPath}\0`);
    // Joined in the hub, of which the clone sees no more than its base.
    const joined = await this.#hub.objects.contents(settled.map(({ blob }) => blob));
    await writeLoose(join(path, '.git/objects'), this.#hub.objectFormat, joined);
    const stdin = (parts: readonly string[]) => ({
      config: FAST,
      stdin: Buffer.from(parts.join(''), 'latin1'),
    });
    await this.#hub.git.run(placeOf(path), 'update-index', ['-z', '--index-info'], stdin(rows));
    await this.#hub.git.run(placeOf(path), 'checkout-index', ['-f', '-u', '-z', '--stdin'], stdin(names));
    return true;
  }
}

interface Merged {
  readonly merged: boolean;
  readonly conflicts: readonly string[];
}
const CLEAN: Merged = { merged: false, conflicts: [] };

/** A workspace is thrown away after a crash: nothing in it needs to be durable. */
const FAST = ['core.fsync=none', 'user.useConfigOnly=true'];

const placeOf = (path: string) => ({ gitDir: join(path, '.git'), workTree: path });

interface Start {
  readonly branch: string;
  readonly start: CommitId;
  readonly intake: string | undefined;
  /** The folder of objects it borrows from. */
  readonly lent: string;
  /** Undefined: every file is checked out. */
  readonly cone: Cone | undefined;
}

/** Written by hand, one process less: no template, no hook, no remote but the intake. */
function writeRepository(hub: HubContext, gitDir: string, at: Start): void {
  for (const folder of ['objects/info', 'objects/pack', 'info', 'refs/heads/swarm']) {
    mkdirSync(join(gitDir, folder), { recursive: true });
  }
  writeFileSync(join(gitDir, 'HEAD'), `ref: ${at.branch}\n`);
  writeFileSync(join(gitDir, at.branch), `${at.start}\n`);
  writeFileSync(join(gitDir, 'objects/info/alternates'), `${at.lent}\n`);
  writeFileSync(join(gitDir, 'info/attributes'), hub.attributes);
  writeFileSync(join(gitDir, 'info/exclude'), '');
  writeFileSync(join(gitDir, 'config'), `${workspaceConfig(hub, at.intake)}${at.cone ? SPARSE : ''}`);
  if (at.cone) writeFileSync(join(gitDir, 'info/sparse-checkout'), conePatterns(at.cone));
  hub.boundary.copyTo(gitDir);
}

const SPARSE = '[core]\n\tsparseCheckout = true\n\tsparseCheckoutCone = true\n';

function workspaceConfig(hub: HubContext, intake: string | undefined): string {
  const { name, email } = hub.identity;
  const user = `[user]\n\tname = ${quote(name)}\n\temail = ${quote(email)}\n[commit]\n\tgpgSign = false\n`;
  const origin = intake === undefined ? '' : `[remote "origin"]\n\turl = ${quote(intake)}\n`;
  return `${configOf(hub.objectFormat, 'workspace')}${user}${origin}`;
}

/** A value of git's configuration file. */
const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', ' ')}"`;
