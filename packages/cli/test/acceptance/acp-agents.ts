/**
 * Agents of other people that speak the Agent Client Protocol, from npm, each in the sandbox with a scripted model: each
 * breaks the gate first, and lands what it is told in the second prompt of the same session. Prints one row for each,
 * with the tokens of the report and of the server, and exits 1 when one fails. Needs npm's registry and bubblewrap.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/acp-agents.ts [name…]
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PRESETS } from '@swarm/agent';
import type { DialectName } from '@swarm/core/model/dialect';
import { readScript, startScriptedServer } from '@swarm/llm';
import { systemClock } from '../../src/running/clock.ts';
import { modelEnvironment } from '../support/bicycle.ts';
import { type Answer, type Call, startModelServer } from '../support/model-server.ts';
import { type Owner, World } from '../support/world.ts';
import { asScript } from './script.ts';

interface Foreign {
  readonly packages: readonly string[];
  /** Its command line, where `at` is the folder its packages are in. */
  run(at: string): readonly string[];
  /** Its own tool that runs a command. */
  shell(command: string): { readonly name: string; readonly arguments: object };
  /** What it asks its model in; chat completions without it. */
  readonly dialect?: DialectName;
  /** Its sessions end with its process: it is told everything again. */
  readonly forgets?: true;
}

const CLAUDE_ALONE = 'export IS_SANDBOX=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1';
const CODEX_ALONE = 'export INITIAL_AGENT_MODE=agent-full-access NO_BROWSER=1';

/** What pi is told of the gateway, in its own home, before it starts. */
const piModels = (at: string): string =>
  [
    'mkdir -p ~/.pi/agent',
    `printf '{"providers":{"swarm":{"baseUrl":"%s","api":"openai-completions","apiKey":"%s","models":[{"id":"test-model"}]}}}' "$OPENAI_BASE_URL" "$OPENAI_API_KEY" > ~/.pi/agent/models.json`,
    `printf '{"defaultProvider":"swarm","defaultModel":"test-model"}' > ~/.pi/agent/settings.json`,
    `export PATH="${at}/.bin:$PATH" PI_OFFLINE=1`,
    `exec ${at}/.bin/pi-acp`,
  ].join('; ');

/** Gemini takes its server from the environment, and what it is not to ask from a file. */
const geminiSettings = (at: string): string =>
  [
    'mkdir -p ~/.gemini',
    `printf '%s' '${PRESETS.gemini.start({ model: 'test-model', windowTokens: undefined }).files['.gemini/settings.json']}' > ~/.gemini/settings.json`,
    'export GEMINI_API_KEY="$OPENAI_API_KEY" GOOGLE_GEMINI_BASE_URL="$SWARM_GATEWAY_URL"',
    `exec ${at}/.bin/gemini --acp --yolo --skip-trust -m test-model`,
  ].join('; ');

const AGENTS: Readonly<Record<string, Foreign>> = {
  gemini: {
    packages: ['@google/gemini-cli@0.61.0'],
    run: (at) => ['/bin/sh', '-c', geminiSettings(at)],
    shell: PRESETS.gemini.shellCall,
    dialect: 'gemini',
    forgets: true,
  },
  claude: {
    packages: ['@agentclientprotocol/claude-agent-acp@0.101.0'],
    run: (at) => ['/bin/sh', '-c', `${CLAUDE_ALONE}; exec ${at}/.bin/claude-agent-acp`],
    shell: PRESETS.claude.shellCall,
    dialect: 'messages',
  },
  codex: {
    packages: ['@agentclientprotocol/codex-acp@2.6.0'],
    run: (at) => ['/bin/sh', '-c', `${CODEX_ALONE}; exec ${at}/.bin/codex-acp`],
    shell: PRESETS.codex.shellCall,
    dialect: 'responses',
  },
  qwen: {
    packages: ['@qwen-code/qwen-code@0.24.4'],
    run: (at) => [
      `${at}/.bin/qwen`,
      ...['--acp', '--auth-type', 'openai', '--model', '{model}', '--approval-mode', 'yolo'],
    ],
    shell: (command) => ({
      name: 'run_shell_command',
      arguments: { command, description: 'work', is_background: false },
    }),
  },
  pi: {
    packages: ['pi-acp@0.0.34', '@earendil-works/pi-coding-agent@1.6.0'],
    run: (at) => ['/bin/sh', '-c', piModels(at)],
    shell: (command) => ({ name: 'bash', arguments: { command } }),
  },
};

const FILES = { 'check.sh': 'test ! -f bad.txt || { echo NEEDLE-GATE: bad.txt is here; exit 1; }\n' };

/** Kept for the next time. */
async function installed(name: string, { packages }: Foreign): Promise<string> {
  const folder = join(
    import.meta.dirname,
    '..',
    '..',
    'dist',
    'acp',
    `${name}-${packages[0]!.split('@').at(-1)}`,
  );
  if (existsSync(join(folder, 'node_modules'))) return folder;
  await mkdir(folder, { recursive: true });
  const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
  execFileSync('npm', [...npm, ...packages], { stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

interface Served {
  readonly toml: string;
  readonly env: Record<string, string>;
  /** How often it was asked. */
  calls(): number;
  /** Tokens it has counted, or would have. */
  whole(): number;
  /** Both prompts came in one conversation. */
  isOne(): boolean;
}

const serve = (owner: Owner, agent: Foreign): Promise<Served> =>
  agent.dialect ? serveDialect(owner, agent, agent.dialect) : serveChat(owner, agent);

async function serveChat(owner: Owner, agent: Foreign): Promise<Served> {
  // What has no tools is no work: a title, or a summary. What has is answered by how far its conversation is.
  const server = await startModelServer(owner, (call: Call): Answer => {
    const { turn, hasTools } = call;
    if (!hasTools) return { text: 'a title' };
    if (turn === 0) return { tool: agent.shell('echo a > a.txt; echo x > bad.txt') };
    if (turn === 2) return { tool: agent.shell('rm bad.txt') };
    return { text: 'It is done.' };
  });
  const told = () => server.calls.map(({ messages }) => JSON.stringify(messages));
  return {
    toml: '',
    env: modelEnvironment(server.url),
    calls: () => server.calls.length,
    whole: () => server.calls.length * 120,
    isOne: () => told().some((text) => text.includes('Write a.txt.') && text.includes('NEEDLE-GATE')),
  };
}

/** Its answers go by how many a conversation holds already: the third is only given to one that goes on. */
async function serveDialect(owner: Owner, agent: Foreign, dialect: DialectName): Promise<Served> {
  const about = (turn: number) => ({ role: 'worker', task: 't1', ...(!agent.forgets && { turn }) });
  const answers = [
    { ...about(0), text: 'I write it.', tools: [agent.shell('echo a > a.txt; echo x > bad.txt')] },
    { ...about(1), text: 'It is done.' },
    { ...about(2), text: 'I mend it.', tools: [agent.shell('rm bad.txt')] },
    { ...about(3), text: 'It is mended.' },
  ];
  const script = readScript(JSON.stringify({ answers }), 'answers');
  const server = await startScriptedServer({ script, clock: systemClock });
  owner.after(() => server.close());
  const asked = () => server.calls.filter(({ role }) => role !== 'probe');
  const endpoint = `[[endpoints]]\nname = "it"\nbase_url = "${server.url}"\ndialect = "${dialect}"\n`;
  return {
    toml: `[models]\ndefault = "test-model"\n${endpoint}`,
    env: {},
    calls: () => asked().length,
    whole: () => asked().reduce((sum, { usage }) => sum + (usage ? usage.input + usage.output : 0), 0),
    isOne: () => agent.forgets === true || asked().some(({ turn }) => turn >= 3),
  };
}

async function lands(name: string, agent: Foreign): Promise<void> {
  await asScript(async (owner) => {
    const world = await World.with(owner, FILES);
    const folder = await installed(name, agent);
    const server = await serve(owner, agent);
    const run = JSON.stringify(agent.run(join(folder, 'node_modules')));
    const shown = `[sandbox]\nmounts = ["${folder}"]\n`;
    await world.configure(`${shown}${server.toml}[workers]\nattempts = 1\n[agent.acp]\nrun = ${run}\n`);
    const plan = join(world.root, 'plan.json');
    await writeFile(plan, JSON.stringify([{ title: 'Add a', description: 'Write a.txt.' }]));
    const args = ['run', '--plan', plan, '--agent', 'acp', '--setup', 'none', '--gate', 'sh check.sh'];
    const ran = await world.swarm(args, { env: server.env });
    if (process.env.SHOW) console.log((await world.swarm(['transcript', 't1'])).stdout, ran.stderr);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'a');
    const transcript = (await world.swarm(['transcript', 't1'])).stdout;
    assert.equal(/its session cannot be taken up/.test(transcript), agent.forgets === true);
    assert.ok(server.isOne(), 'the second prompt came into the conversation of the first');
    const { used } = JSON.parse((await world.swarm(['report', '--format', 'json'])).stdout);
    // Some ask for a title or a summary besides, and break it off when they end: that is counted by its size.
    const calls = server.calls();
    const whole = server.whole();
    assert.ok(used.calls >= calls - 1 && used.inputTokens > 0, JSON.stringify(used));
    const tokens = `${used.inputTokens + used.outputTokens} tokens in the report, ${whole} at the server if none was broken off`;
    console.log(`${name.padEnd(6)} ${agent.packages.join(' ')}: landed; ${calls} calls, ${tokens}`);
  });
}

const wanted = process.argv.slice(2);
for (const [name, agent] of Object.entries(AGENTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await lands(name, agent).catch((error: Error) => {
    console.log(`${name.padEnd(6)} FAILED: ${error.message}`);
    process.exitCode = 1;
  });
}
