/** Requests as pages: what a model was told, message by message, without what is different in every run. */

import type { Ask, WireMessage } from '../server/habit.ts';
import { startChatServer } from '../server/server.ts';
import { environmentFor, worldFor } from '../world.ts';
import type { Kept, Scene } from './scene.ts';
import { textOf } from './scene.ts';
import { SCENES } from './scenes.ts';

/** Lines of one message that are shown; of more, the first and the last. */
const LINES_MAX = 160;
/** The same of what a tool gave. */
const TOOL_LINES_MAX = 12;

/** Name of the file → its whole text. */
export async function renderings(): Promise<Readonly<Record<string, string>>> {
  const pages: Record<string, string> = {};
  for (const scene of SCENES) Object.assign(pages, await pagesOf(scene));
  return pages;
}

async function pagesOf(scene: Scene): Promise<Record<string, string>> {
  return worldFor(scene.files, scene.config, async (world, owner) => {
    const asks: Ask[] = [];
    const found = new Map<Kept, Ask>();
    const brain = scene.brain(world);
    const server = await startChatServer((ask) => {
      asks.push(ask);
      for (const kept of scene.keeps) if (!found.has(kept) && kept.is(ask, asks)) found.set(kept, ask);
      return brain(ask);
    });
    owner.after(server.close);
    const ended = await world.swarm(await scene.args(world), { env: environmentFor(server) });
    const missing = scene.keeps.filter((kept) => !found.has(kept)).map(({ name }) => name);
    if (missing.length > 0) throw new Error(`nothing was told for ${missing.join(', ')}:\n${ended.stderr}`);
    let rules = '';
    const pages = scene.keeps.map((kept) => {
      const page = pageOf(kept, found.get(kept)!, rules, world.root);
      rules = systemOf(found.get(kept)!);
      return [`${kept.name}.md`, page] as const;
    });
    return Object.fromEntries(pages);
  });
}

const systemOf = ({ body }: Ask): string => textOf(body.messages.find(({ role }) => role === 'system')!);

function pageOf({ title }: Kept, { body }: Ask, rules: string, root: string): string {
  const tools = (body.tools ?? []).map((tool) => tool.function.name).join(', ');
  const parts = body.messages.map((message) =>
    message.role === 'system' && textOf(message) === rules
      ? '## system\n\nThe same rules as in the file before.'
      : `## ${message.role}\n\n${fenced(told(message), message.role === 'tool' ? TOOL_LINES_MAX : LINES_MAX)}`,
  );
  const head = `# ${title}\n\nWritten by \`pnpm eval --renderings\` from a real run; do not edit.\n\nTools: ${tools}.`;
  return `${plainly([head, ...parts].join('\n\n'), root)}\n`;
}

function told(message: WireMessage): string {
  const calls = (message.tool_calls ?? []).map(
    (call) => `${call.function.name} ${String(call.function.arguments)}`,
  );
  return [textOf(message), ...calls].filter((text) => text !== '').join('\n');
}

function fenced(text: string, linesMax: number): string {
  const lines = text.split('\n');
  const most = linesMax / 2;
  const shown =
    lines.length <= linesMax
      ? lines
      : [...lines.slice(0, most), `[… ${lines.length - linesMax} lines]`, ...lines.slice(-most)];
  return `\`\`\`\`\`text\n${shown.join('\n')}\n\`\`\`\`\``;
}

/** Ids, commits, times and places are of one run. */
const plainly = (text: string, root: string): string =>
  text
    .replaceAll(root, '/world')
    .replace(/\br-\d{8}-[a-z0-9]{4}\b/g, 'r-RUN')
    .replace(/\b[0-9a-f]{40}\b/g, 'COMMIT')
    .replace(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,12}\b/g, 'COMMIT')
    .replace(/\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?/g, 'DATE')
    .replace(/\b\d{1,2}:\d{2}(:\d{2})?\b/g, 'TIME')
    .replace(/\b\d+(\.\d+)? ?(ms|s)\b/g, 'N s');
