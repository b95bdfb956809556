/**
 * Agents of other people that speak the Agent Client Protocol, from npm, each in the sandbox with a scripted model: each
 * breaks the gate first, and lands what it is told in the second prompt of the same session. Prints one row for each,
 * with the tokens of the report and of the server, and exits 1 when one fails. Needs npm's registry and bubblewrap.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/acp-agents.ts [name…]
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelEnvironment } from '../support/bicycle.ts';
import { type Answer, type Call, startModelServer } from '../support/model-server.ts';
import { World } from '../support/world.ts';
import { asScript } from './script.ts';

interface Foreign {
  readonly packages: readonly string[];
  /** Its command line, where `at` is the folder its packages are in. */
  run(at: string): readonly string[];
  /** Its own tool that runs a command. */
  shell(command: string): { readonly name: string; readonly arguments: object };
}

/** What pi is told of the gateway, in its own home, before it starts. */
const piModels = (at: string): string =>
  [
    'mkdir -p ~/.pi/agent',
    `printf '{"providers":{"swarm":{"baseUrl":"%s","api":"openai-completions","apiKey":"%s","models":[{"id":"test-model"}]}}}' "$OPENAI_BASE_URL" "$OPENAI_API_KEY" > ~/.pi/agent/models.json`,
    `printf '{"defaultProvider":"swarm","defaultModel":"test-model"}' > ~/.pi/agent/settings.json`,
    `export PATH="${at}/.bin:$PATH" PI_OFFLINE=1`,
    `exec ${at}/.bin/pi-acp`,
  ].join('; ');

const AGENTS: Readonly<Record<string, Foreign>> = {
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

async function lands(name: string, agent: Foreign): Promise<void> {
  await asScript(async (owner) => {
    const world = await World.with(owner, FILES);
    const folder = join(world.root, 'agents');
    await mkdir(folder);
    const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
    execFileSync('npm', [...npm, ...agent.packages], { stdio: ['ignore', 'ignore', 'inherit'] });
    // What has no tools is no work: a title, or a summary. What has is answered by how far its conversation is.
    const server = await startModelServer(owner, (call: Call): Answer => {
      const { turn, hasTools } = call;
      if (!hasTools) return { text: 'a title' };
      if (turn === 0) return { tool: agent.shell('echo a > a.txt; echo x > bad.txt') };
      if (turn === 2) return { tool: agent.shell('rm bad.txt') };
      return { text: 'It is done.' };
    });
    const run = JSON.stringify(agent.run(join(folder, 'node_modules')));
    const shown = `[sandbox]\nmounts = ["${folder}"]\n`;
    await world.configure(`${shown}[workers]\nattempts = 1\n[agent.acp]\nrun = ${run}\n`);
    const plan = join(world.root, 'plan.json');
    await writeFile(plan, JSON.stringify([{ title: 'Add a', description: 'Write a.txt.' }]));
    const args = ['run', '--plan', plan, '--agent', 'acp', '--setup', 'none', '--gate', 'sh check.sh'];
    const ran = await world.swarm(args, { env: modelEnvironment(server.url) });
    if (process.env.SHOW) console.log((await world.swarm(['transcript', 't1'])).stdout, ran.stderr);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'a');
    const told = server.calls.map(({ messages }) => JSON.stringify(messages));
    const isOne = told.some((text) => text.includes('Write a.txt.') && text.includes('NEEDLE-GATE'));
    assert.ok(isOne, 'the second prompt came into the conversation of the first');
    const { used } = JSON.parse((await world.swarm(['report', '--format', 'json'])).stdout);
    // Some ask for a title or a summary besides, and break it off when they end: that is counted by its size.
    const whole = server.calls.length * 120;
    assert.ok(used.calls >= server.calls.length - 1 && used.inputTokens > 0, JSON.stringify(used));
    const tokens = `${used.inputTokens + used.outputTokens} tokens in the report, ${whole} at the server if none was broken off`;
    console.log(
      `${name.padEnd(6)} ${agent.packages.join(' ')}: landed; ${server.calls.length} calls, ${tokens}`,
    );
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
