/** One real edit by a real agent: in the sandbox, through the gateway, with a scripted model of its own dialect. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPresetAgent, PRESETS } from '@swarm/agent';
import { attemptId, taskId } from '@swarm/core/model/ids';
import { tokensOf } from '@swarm/core/model/usage';
import type { Sandbox } from '@swarm/core/ports/running';
import { readScript, startGateway, startScriptedServer } from '@swarm/llm';
import type { FoundAgent } from '../agents/found.ts';
import type { ProgramPlaces } from '../places.ts';
import { systemClock } from '../running/clock.ts';

export interface AgentTry {
  readonly version: string;
  /** The edit is in the workspace. */
  readonly hasEdited: boolean;
  readonly ms: number;
  /** As the gateway metered it, and as the server said it. */
  readonly tokens: number;
  readonly servedTokens: number;
  /** How the agent ended, in words. */
  readonly detail: string;
}

const MODEL = 'scripted';
const EDITED = 'edited.txt';
const TEXT = 'this line was written by the agent';
const TRY_MS = 180_000;

export async function tryAgent(
  agent: FoundAgent,
  { sandbox, places }: { readonly sandbox: Sandbox; readonly places: ProgramPlaces },
): Promise<AgentTry> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-agent-'));
  const preset = PRESETS[agent.name];
  const script = {
    models: [MODEL],
    answers: [
      { role: 'worker', text: 'I write it.', tools: [preset.shellCall(`echo '${TEXT}' > ${EDITED}`)] },
      { role: 'worker', text: 'It is written.' },
    ],
  };
  const server = await startScriptedServer({
    script: readScript(JSON.stringify(script), 'the doctor’s answers'),
    clock: systemClock,
  });
  const socketDir = join(folder, 'gw');
  const gateway = startGateway({
    socketDir,
    endpoints: [{ name: MODEL, baseUrl: server.url, dialect: preset.dialect }],
    models: { planner: MODEL, worker: MODEL, reconciler: MODEL, reviewer: MODEL },
    prices: { asOf: '1970-01-01', currency: 'USD', perMillion: {} },
    clock: systemClock,
    rng: Math.random,
  });
  try {
    const workspace = join(folder, 'workspace');
    await mkdir(workspace);
    await mkdir(socketDir, { mode: 0o700 });
    const argv = agent.isScript ? [places.nodePath, agent.file] : [agent.file];
    const readOnly = agent.shows.map((path) => ({ host: path, inside: path }));
    const driver = createPresetAgent({
      preset,
      argv,
      model: MODEL,
      readOnly,
      gateway,
      clock: systemClock,
      transcriptPath: () => join(folder, 'transcript.ndjson'),
    });
    const began = systemClock.monotonic();
    const result = await driver.run({
      attempt: attemptId(taskId(1), 1),
      open: (needs) => sandbox.open({ workspace, readWrite: [], ...needs }),
      prompt: { system: '', user: `Write the line "${TEXT}" into the file ${EDITED}.` },
      taskJson: '{}',
      limits: { steps: 10, tokens: 1_000_000, wallMs: TRY_MS, quietMs: TRY_MS },
      signal: new AbortController().signal,
      onActivity: () => {},
    });
    const ms = Math.round(systemClock.monotonic() - began);
    const edited = await readFile(join(workspace, EDITED), 'utf8').catch(() => '');
    const served = server.calls.map(({ usage }) => (usage ? usage.input + usage.output : 0));
    return {
      version: await versionOf(agent, argv, sandbox, workspace),
      hasEdited: edited === `${TEXT}\n`,
      ms,
      tokens: tokensOf(result.usage),
      servedTokens: served.reduce((sum, one) => sum + one, 0),
      detail: result.detail,
    };
  } finally {
    await gateway.close();
    await server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** As its package says, else as the program itself does. */
async function versionOf(
  { version, shows }: FoundAgent,
  argv: readonly string[],
  sandbox: Sandbox,
  workspace: string,
): Promise<string> {
  if (version !== undefined) return version;
  const readOnly = shows.map((path) => ({ host: path, inside: path }));
  const room = await sandbox.open({ workspace, readOnly, readWrite: [] });
  const limits = { wallMs: 30_000, outputBytes: 64 * 1024 };
  const asked = room.run({ name: 'version', argv: [...argv, '--version'], env: {}, network: 'none', limits });
  const { output } = await asked.finally(() => room.close());
  return /\d+\.\d+\.\d+[\w.-]*/.exec(output)?.[0] ?? 'version unknown';
}
