/**
 * `pnpm agents`: whole runs by the real agents, installed from npm (1.8 GB for all of them, kept in dist/), each in
 * bubblewrap, through the gateway, against a scripted server of its own dialect. Needs npm's registry.
 * `SWARM_AGENTS=pi,claude` tries those alone.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { PRESET_NAMES, PRESETS, type PresetName } from '@swarm/agent';
import type { DialectName } from '@swarm/core/model/dialect';
import { readScript, type ScriptedServer, startScriptedServer } from '@swarm/llm';
import { installFolder } from '../../src/agents/found.ts';
import { installAgent } from '../../src/agents/install.ts';
import { systemClock } from '../../src/running/clock.ts';
import { assertLandedOnce } from '../support/landings.ts';
import { World } from '../support/world.ts';

const wanted = process.env.SWARM_AGENTS?.split(',') ?? PRESET_NAMES;
const names = PRESET_NAMES.filter((name) => wanted.includes(name));
/** Without the operator's own agents on it: those that are tried are the versions of the table. */
const INSTALLED = {
  ...process.env,
  PATH: process.env.PATH!,
  XDG_STATE_HOME: join(import.meta.dirname, '..', '..', 'dist', 'agents'),
};

const servers: ScriptedServer[] = [];
after(() => Promise.all(servers.map((server) => server.close())));

before(async () => {
  for (const name of names) {
    if (existsSync(installFolder(PRESETS[name], INSTALLED))) continue;
    await installAgent(name, { nodePath: process.execPath }, INSTALLED);
  }
});

const path = (): string =>
  [
    ...names.map((name) => join(installFolder(PRESETS[name], INSTALLED), 'node_modules', '.bin')),
    '/usr/local/bin:/usr/bin:/bin',
  ].join(':');

const TASKS = [1, 2, 3, 4, 5, 6];
const titleOf = (n: number): string => `Write part ${n}`;
const HANDOFF = '{"status":"complete","summary":"it is written"}';
const editOf = (n: number): string =>
  `echo 'part ${n}' > part-${n}.txt && printf '%s' '${HANDOFF}' > "$SWARM_HANDOFF"`;

/** What the model says to each task: one edit, then a last word. */
const answersFor = (agentOf: (n: number) => PresetName) =>
  TASKS.flatMap((n) => [
    { role: 'worker', task: `t${n}`, text: 'I write it.', tools: [PRESETS[agentOf(n)].shellCall(editOf(n))] },
    { role: 'worker', task: `t${n}`, text: 'It is written.' },
  ]);

async function serve(answers: readonly object[]): Promise<ScriptedServer> {
  const script = readScript(JSON.stringify({ answers }), 'answers');
  const server = await startScriptedServer({ script, clock: systemClock });
  servers.push(server);
  return server;
}

const endpoint = (dialect: DialectName, { url }: ScriptedServer): string =>
  `[[endpoints]]\nname = "${dialect}"\nbase_url = "${url}"\ndialect = "${dialect}"\n`;

/** A run of six tasks that has to land whole, with its figures equal to the servers'. */
async function landsAll(
  t: TestContext,
  {
    endpoints,
    agentOf,
    flag,
    all,
  }: {
    readonly endpoints: string;
    /** Named by the task itself. */
    readonly agentOf?: (n: number) => PresetName;
    readonly flag: string;
    readonly all: readonly ScriptedServer[];
  },
): Promise<readonly string[]> {
  const world = await World.with(t, { 'README.md': 'parts\n' });
  await world.configure(`[models]\ndefault = "scripted"\n${endpoints}`);
  const base = await world.git('rev-parse', 'HEAD');
  const plan = join(world.root, 'plan.json');
  const tasks = TASKS.map((n) => ({
    id: `p${n}`,
    title: titleOf(n),
    description: `Write part-${n}.txt.`,
    scope: [`part-${n}.txt`],
    acceptance: `part-${n}.txt holds its line`,
    verify: `grep -qx 'part ${n}' part-${n}.txt`,
    ...(agentOf && { agent: agentOf(n) }),
  }));
  await writeFile(plan, JSON.stringify(tasks));
  const args = ['run', '--plan', plan, '--agent', flag, '--gate', 'cat README.md', '--setup', 'none'];
  const { code, stdout, stderr } = await world.swarm(
    [...args, '--workers', '2', '--sandbox', 'bubblewrap', '--json'],
    {
      env: { PATH: path() },
    },
  );
  assert.equal(code, 0, `${stdout}\n${stderr}`.slice(-4_000));
  await assertLandedOnce(world, base, TASKS.map(titleOf));
  // A look whether an endpoint answers is nobody's work.
  const calls = all.flatMap((server) => server.calls).filter(({ role }) => role !== 'probe');
  const served = calls.map(({ usage }) => (usage ? usage.input + usage.output : 0));
  const { tokens } = JSON.parse(await readFile(join(await world.runFolder(), 'report.json'), 'utf8'));
  assert.equal(
    tokens,
    served.reduce((sum, one) => sum + one, 0),
  );
  const transcript = await world.swarm(['transcript', 't1']);
  assert.match(transcript.stdout, /the agent says\n +I write it\..*gives.*It is written\./s);
  assert.deepEqual(world.strays(), []);
  const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
  return [...journal.matchAll(/"type":"agent\.started".*?"driver":"([a-z]+)"/g)].map(([, driver]) => driver!);
}

describe('a run of six tasks by the real agent, contained, on a server of its own dialect, lands whole', () => {
  for (const name of names)
    test(`${name} ${PRESETS[name].npm.version}`, async (t) => {
      const server = await serve(answersFor(() => name));
      const endpoints = endpoint(PRESETS[name].dialect, server);
      const drivers = await landsAll(t, { endpoints, flag: name, all: [server] });
      assert.deepEqual(new Set(drivers), new Set([name]));
    });
});

const MIXED = ['claude', 'codex', 'pi'] as const;
const isThere = (some: readonly PresetName[]) =>
  some.every((name) => names.includes(name)) ? {} : { skip: `only ${names.join(', ')} are tried` };

test('a run whose tasks name three agents of three dialects lands whole', isThere(MIXED), async (t) => {
  const agentOf = (n: number): PresetName => MIXED[n % 3]!;
  const server = await serve(answersFor(agentOf));
  const endpoints = MIXED.map((name) => endpoint(PRESETS[name].dialect, server)).join('');
  const drivers = await landsAll(t, { endpoints, agentOf, flag: 'claude', all: [server] });
  assert.deepEqual(drivers.toSorted(), ['claude', 'claude', 'codex', 'codex', 'pi', 'pi']);
});

test(
  'an agent whose quota is used up is stood in for by the next, and all lands',
  isThere(['claude', 'codex']),
  async (t) => {
    const broke = await serve([{ role: 'worker', fail: { status: 402 } }]);
    const server = await serve(answersFor(() => 'codex'));
    const endpoints = endpoint('messages', broke) + endpoint('responses', server);
    const drivers = await landsAll(t, { endpoints, flag: 'claude,codex', all: [server] });
    assert.ok(drivers.includes('claude'));
    assert.equal(drivers.filter((driver) => driver === 'codex').length, 6);
  },
);
