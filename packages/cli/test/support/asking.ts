/** A light agent that spends as much as every other one: it asks its model once, and writes the file its task names. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelEnvironment } from './bicycle.ts';
import { type Answer, type Call, startModelServer } from './model-server.ts';
import { type Owner, World } from './world.ts';

/** Of each attempt, in tokens: it asks once. */
export const USED = 10_000;
export const USAGE = { prompt_tokens: USED - 100, completion_tokens: 100, total_tokens: USED };

/** What its file says is its name; `Break x` says so only once somebody has seen that it did not. */
const AGENT = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const [task] = [JSON.parse(readFileSync(process.argv[2], 'utf8'))].flat();
const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
const asked = await fetch(OPENAI_BASE_URL + '/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer ' + OPENAI_API_KEY },
  body: JSON.stringify({ model: 'test-model', max_tokens: 200, messages: [{ role: 'user', content: task.title }] }),
});
if (!asked.ok) throw new Error(await asked.text());
await asked.text();
const [verb, name] = task.title.split(' ');
const path = name + '.txt';
const isWrong = verb === 'Break' && !existsSync(path);
writeFileSync(path, (isWrong ? 'broken' : path) + String.fromCharCode(10));
`;

/** A task for it: one file. */
export const writing = (name: string, more: object = {}) => ({
  id: name,
  title: `Write ${name}`,
  description: `Write the file ${name}.txt.`,
  scope: [`${name}.txt`],
  ...more,
});

const ok = (_: Call): Answer => ({ text: 'ok', usage: USAGE });

/** A repository, and the agent as its operator's; `answer` plays whoever asks the model. */
export async function asking(owner: Owner, answer: (call: Call) => Answer = ok) {
  const world = await World.with(owner, { 'README.md': 'shop\n' });
  const server = await startModelServer(owner, answer);
  const env = modelEnvironment(server.url);
  const agent = join(world.root, 'asking.mjs');
  await writeFile(agent, AGENT);
  const configure = (toml = '') =>
    writeFile(
      join(world.root, 'config', 'swarm', 'config.toml'),
      `[agent.command]\nrun = ${JSON.stringify([process.execPath, agent, '{task_file}'])}\n${toml}\n`,
    );
  await configure();
  const json = async (...words: string[]) =>
    JSON.parse((await world.swarm([...words, '--json'], { env })).stdout);
  return { world, server, env, json, configure };
}
