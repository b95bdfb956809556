/**
 * The reconciler: what is there against what is wanted. Level-triggered: it computes from git and the journal as
 * they are, so that running it twice is running it once, and a restart is just the first sweep.
 */
import {
  type AttemptId,
  type ChecksResult,
  type CommitId,
  FIX_TASKS_MAX,
  type Finding,
  findingsToFile,
  openFixTasks,
  PlanScanner,
  readDraft,
  sweepLapsed,
  type TaskDraft,
} from '@swarm/core';
import type { Context } from '../context.ts';
import { outcomeOf } from '../landing/gate.ts';
import { OUTPUT_BYTES_MAX } from '../settings.ts';
import type { Environments } from '../working/environment.ts';
import { readFailures } from './failures.ts';

export class Reconciler {
  readonly #context: Context;
  readonly #environments: Environments;

  constructor(context: Context, environments: Environments) {
    this.#context = context;
    this.#environments = environments;
  }

  // ───────────── after a restart ─────────────

  /** Strays are killed before git is looked at, or one of them could still land what the journal gave up. */
  async startUp(): Promise<void> {
    const { ports, state, ask } = this.#context;
    const killed = await ports.sandbox.reap();
    if (killed > 0)
      ports.log.write('stray.killed', {
        msg: `${killed} processes of a dead orchestrator were killed`,
        data: { killed },
      });
    const work = await this.#collectWork();
    for (const command of sweepLapsed(state, work)) await ask(command);
    await this.#removeStrays();
    await this.tidy();
  }

  /** What lapsed attempts had pushed is taken in, so that the next attempt goes on from it. */
  async #collectWork(): Promise<ReadonlyMap<AttemptId, CommitId>> {
    const { ports, state } = this.#context;
    const work = new Map<AttemptId, CommitId>();
    for (const attempt of state.liveAttempts) {
      const taken = await ports.hub.ingest(attempt);
      if (taken.kind === 'commit') work.set(attempt, taken.commit);
    }
    return work;
  }

  /** Nothing of ours runs yet, so that every workspace there is was left over. Later, each has its owner. */
  async #removeStrays(): Promise<void> {
    const { hub, workspaces, log } = this.#context.ports;
    for (const name of (await hub.observe()).workspaces) {
      await workspaces.remove(name);
      log.write('stray.removed', { msg: `workspace ${name} was left over and is removed`, data: { name } });
    }
  }

  /** Removes intakes and references nobody needs any more. */
  async tidy(): Promise<void> {
    await this.#context.ports.hub.tidy(new Set(this.#attemptsToKeep()));
  }

  /** Work that is live, waits to land, or is what a next attempt goes on from. */
  *#attemptsToKeep(): Iterable<AttemptId> {
    const { state } = this.#context;
    yield* state.liveAttempts;
    yield* state.queue;
    for (const id of [...state.byState.pending, ...state.byState.failed]) {
      const task = state.tasks.get(id)!;
      for (let n = 1; n <= task.attempts; n++) yield `${id}.${n}` as AttemptId;
    }
  }

  // ───────────── the full checks ─────────────

  async check(signal: AbortSignal): Promise<void> {
    const { ask, ports, settings, state } = this.#context;
    const head = state.head!;
    const command = state.run!.request.checks!;
    ports.log.write('checks.started', {
      msg: `checks on ${head.slice(0, 10)}: ${command}`,
      data: { head, command },
    });
    const name = `checks-${state.seq}`;
    const workspace = await ports.workspaces.create({ name, base: head });
    try {
      const prepared = await this.#environments.prepare(workspace, signal);
      if (signal.aborted) return;
      const startedAt = ports.clock.monotonic();
      const ran = prepared.ok
        ? await ports.sandbox.run({
            name,
            argv: ['/bin/sh', '-c', command],
            workspace: workspace.path,
            readOnly: workspace.readOnly.map((host) => ({ host, inside: host })),
            readWrite: [],
            env: { CI: '1' },
            network: 'none',
            limits: { wallMs: settings.checks.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
            signal,
          })
        : {
            end: 'cannot-run' as const,
            exitCode: undefined,
            output: prepared.detail,
            durationMs: ports.clock.monotonic() - startedAt,
          };
      if (ran.end === 'aborted') return;
      const outcome = outcomeOf(ran);
      const failures = outcome === 'passed' ? [] : readFailures(ran.output);
      const result: ChecksResult = {
        head,
        outcome,
        signatures: failures.map((f) => f.signature),
        durationMs: ran.durationMs,
      };
      const findings: Finding[] = failures.map((f) => ({ ...f, head }));
      await ask({ type: 'recordChecks', result, findings });
    } finally {
      await ports.workspaces.remove(name);
    }
    await this.fileFixTasks(signal);
  }

  // ───────────── fix tasks ─────────────

  /** Every finding without a task gets one, at most five open at once; the model groups them by root cause. */
  async fileFixTasks(signal: AbortSignal): Promise<void> {
    const { ask, state } = this.#context;
    const room = FIX_TASKS_MAX - openFixTasks(state);
    const signatures = findingsToFile(state).slice(0, Math.max(0, room) * 5);
    if (signatures.length === 0 || room <= 0) return;
    const findings = signatures.map((s) => state.health.findings.get(s)!.finding);
    const grouped = await this.#groupByCause(findings, room, signal);
    const covered = new Set(grouped.flatMap((g) => g.signatures));
    const single = findings.filter((f) => !covered.has(f.signature)).map(plainFix);
    for (const fix of [...grouped, ...single].slice(0, room)) {
      await ask({
        type: 'acceptTasks',
        drafts: [fix.draft],
        from: { by: 'reconciler', signatures: fix.signatures },
        eachAlone: true,
      });
    }
  }

  /** The model's grouping, as far as it can be used; what it leaves out is filed plainly, one task a failure. */
  async #groupByCause(
    findings: readonly Finding[],
    room: number,
    signal: AbortSignal,
  ): Promise<readonly Fix[]> {
    const { ask, ports, state } = this.#context;
    if (!ports.model) return [];
    const prompt = ports.prompts.render('reconciler', {
      failures: findings.map((f) => `signature: ${f.signature}\n${f.detail}`).join('\n\n---\n\n'),
      head: findings[0]!.head,
      open_tasks: [...state.byState.pending, ...state.byState.running]
        .map((id) => `${id} ${state.tasks.get(id)!.spec.title}`)
        .join('\n'),
      max_tasks: String(room),
    });
    const result = await ports.model.stream(
      { role: 'reconciler', messages: [{ role: 'user', content: prompt.text }], tools: [] },
      { signal },
    );
    await ask({ type: 'recordSpend', role: 'reconciler', usage: result.usage });
    if (result.end.kind !== 'stopped') {
      ports.log.write('model.failed', {
        msg: `the reconciler’s model ended as ${result.end.kind}: each failure gets a task of its own`,
        level: 'warn',
      });
      return [];
    }
    const known = new Set(findings.map((f) => f.signature));
    const scanner = new PlanScanner();
    const pieces = [...scanner.push(result.text), ...scanner.end().pieces];
    return pieces.flatMap((p) => (p.kind === 'task' ? readFix(p.value, known) : []));
  }
}

interface Fix {
  readonly draft: TaskDraft;
  readonly signatures: readonly string[];
}

function readFix(value: unknown, known: ReadonlySet<string>): Fix[] {
  const reading = readDraft(value);
  const named =
    typeof value === 'object' && value !== null && 'signatures' in value ? value.signatures : undefined;
  const signatures = Array.isArray(named)
    ? named.filter((s): s is string => typeof s === 'string' && known.has(s))
    : [];
  return reading.ok && signatures.length > 0
    ? [{ draft: { ...reading.draft, dependsOn: [], kind: 'change' }, signatures }]
    : [];
}

/** A fix task written without a model: the exact failure, and that it must be gone. */
function plainFix(f: Finding): Fix {
  return {
    signatures: [f.signature],
    draft: {
      label: `fix ${f.signature}`.slice(0, 100),
      title: `Fix: ${f.signature}`.slice(0, 120),
      description: `The checks fail on ${f.head.slice(0, 10)}:\n\n${f.detail}\n\nMend the cause. Do not weaken, skip or delete the test that shows it.`,
      scope: [],
      acceptance: `The checks no longer show: ${f.signature}`,
      priority: 1,
      dependsOn: [],
      kind: 'change',
      requires: [],
    },
  };
}
