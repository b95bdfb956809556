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
    acp = '',
    flag,
    all,
  }: {
    readonly endpoints: string;
    /** Named by the task itself. */
    readonly agentOf?: (n: number) => string;
    /** `[agent.acp]` of this run. */
    readonly acp?: string;
    readonly flag: string;
    readonly all: readonly ScriptedServer[];
  },
): Promise<readonly string[]> {
  const world = await World.with(t, { 'README.md': 'parts\n' });
  await world.configure(`[models]\ndefault = "scripted"\n${endpoints}${acp}`);
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
  const whole = served.reduce((sum, one) => sum + one, 0);
  // Qwen asks for a title besides, and breaks that off: such a call is counted by its size.
  if (acp === '') assert.equal(tokens, whole);
  else assert.ok(tokens > 0 && whole > 0);
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

/** Qwen again, by the protocol that it speaks as well. */
const QWEN_ACP = (): string => {
  const folder = join(installFolder(PRESETS.qwen, INSTALLED), 'node_modules');
  const run = [join(folder, '.bin', 'qwen'), '--acp', '--auth-type', 'openai'];
  const how = [...run, '--model', '{model}', '--approval-mode', 'yolo'];
  return `[agent.acp]\nrun = ${JSON.stringify(how)}\n[sandbox]\nmounts = [${JSON.stringify(folder)}]\n`;
};

const DRIVERS = ['builtin', 'claude', 'acp'] as const;

test(
  'a run whose tasks are done by three drivers, our own agent, a preset and one of the protocol, lands whole',
  isThere(['claude', 'qwen']),
  async (t) => {
    const driverOf = (n: number) => DRIVERS[n % 3]!;
    const shellCalls = {
      builtin: (command: string) => ({ name: 'bash', arguments: { command } }),
      claude: PRESETS.claude.shellCall,
      acp: PRESETS.qwen.shellCall,
    };
    const handIn = { name: 'submit_handoff', arguments: { status: 'complete', summary: 'it is written' } };
    const answers = TASKS.flatMap((n) => {
      const about = { role: 'worker', task: `t${n}` };
      const driver = driverOf(n);
      const edit = {
        ...about,
        text: 'I write it.',
        tools: [shellCalls[driver](`echo 'part ${n}' > part-${n}.txt`)],
      };
      const last = { ...about, text: 'It is written.', ...(driver === 'builtin' && { tools: [handIn] }) };
      return [edit, last];
    });
    const server = await serve(answers);
    const endpoints = endpoint('chat', server) + endpoint('messages', server);
    const acp = QWEN_ACP();
    const drivers = await landsAll(t, { endpoints, agentOf: driverOf, acp, flag: 'builtin', all: [server] });
    assert.deepEqual(drivers.toSorted(), ['acp', 'acp', 'builtin', 'builtin', 'claude', 'claude']);
  },
);

test(
  'an agent of the protocol is told what a failed check said by a second prompt of the same session, and lands',
  isThere(['qwen']),
  async (t) => {
    const about = { role: 'worker', task: 't1' };
    const shell = PRESETS.qwen.shellCall;
    // The third is only given to a conversation that holds two answers already.
    const server = await serve([
      { ...about, turn: 0, text: 'I write it.', tools: [shell('echo a > a.txt; echo x > bad.txt')] },
      { ...about, turn: 1, text: 'It is done.' },
      { ...about, turn: 2, text: 'I mend it.', tools: [shell('rm bad.txt')] },
      { ...about, turn: 3, text: 'It is mended.' },
    ]);
    const world = await World.with(t, { 'check.sh': 'test ! -f bad.txt\n' });
    await world.configure(
      `[models]\ndefault = "scripted"\n${endpoint('chat', server)}${QWEN_ACP()}[workers]\nattempts = 1\n`,
    );
    const plan = join(world.root, 'plan.json');
    await writeFile(plan, JSON.stringify([{ title: 'Add a', description: 'Write a.txt.' }]));
    const args = ['run', '--plan', plan, '--agent', 'acp', '--setup', 'none', '--gate', 'sh check.sh'];
    const ran = await world.swarm([...args, '--sandbox', 'bubblewrap']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'a');
    const log = await world.log();
    assert.equal(log.filter(({ event }) => event === 'attempt.reworked').length, 1);
    assert.doesNotMatch((await world.swarm(['transcript', 't1'])).stdout, /cannot be taken up/);
    assert.ok(server.calls.some(({ turn }) => turn === 3));
  },
);

test(
  'an agent is stood in for by the next once every account of its dialect is used up, and all lands',
  isThere(['claude', 'codex']),
  async (t) => {
    const broke = await serve([{ role: 'worker', fail: { status: 402 } }]);
    const server = await serve(answersFor(() => 'codex'));
    const accounts = ['one', 'two'].map(
      (name) => `{ name = "${name}", key_command = ["echo", "sk-of-${name}"] }`,
    );
    const used = `${endpoint('messages', broke)}accounts = [${accounts.join(', ')}]\n`;
    const endpoints = used + endpoint('responses', server);
    const drivers = await landsAll(t, { endpoints, flag: 'claude,codex', all: [server] });
    assert.ok(drivers.includes('claude'));
    assert.equal(drivers.filter((driver) => driver === 'codex').length, 6);
    // Both accounts were asked, and nobody was asked again once both had refused.
    const asked = broke.calls.filter(({ role }) => role !== 'probe').length;
    assert.ok(asked >= 2 && asked <= 4, `${asked} calls`);
  },
);
