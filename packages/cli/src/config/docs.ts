/** docs/config.md and swarm.schema.json, generated from the schema the code runs on. */
import { z } from 'zod';
import { configSchema } from './schema.ts';

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** JSON Schema (2020-12) of what a person may write, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'swarm.toml', ...schema };
}

/** The whole of docs/config.md. */
export function renderConfigDocs(): string {
  const root = configJsonSchema() as unknown as Node;
  const entries = Object.entries(root.properties ?? {});
  const plain = entries.filter(([, node]) => !node.properties && !node.items?.properties);
  const tables = entries.filter(([, node]) => node.properties ?? node.items?.properties);
  return `${[
    HEAD,
    keyTable(Object.fromEntries(plain)),
    ...tables.flatMap(([name, node]) => section(name, node)),
  ].join('\n\n')}\n`;
}

const HEAD = `# Configuration

Generated from the schema by \`pnpm run docs\`; edit \`packages/cli/src/config/schema.ts\` instead.

Sources, later wins: defaults, \`~/.config/swarm/config.toml\` (the operator's own), the repository's
\`swarm.toml\`, the environment (\`OPENAI_API_KEY\`, \`OPENAI_BASE_URL\`, \`SWARM_MODEL\`), flags. The two OpenAI
variables make an endpoint named \`env\` where no file names one.

From a repository's \`swarm.toml\` the keys \`endpoints\`, \`models\`, \`agent\`, \`workers.sandbox\`, \`sandbox\` and \`deliver\`, and the
prompts in \`.swarm/prompts\`, count only once its content is trusted (\`--trust-repo\`); with \`--sandbox none\` so do
\`env.setup\`, \`gate.command\` and \`checks.command\`. Until then its limits may only tighten yours.

Durations are a number and \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`. Unknown keys are refused.

For completion in an editor, begin the file with \`#:schema ./swarm.schema.json\`.`;

/** A table of the file, and the tables inside it. */
function section(name: string, node: Node): string[] {
  const isList = node.items !== undefined;
  const shape = node.items ?? node;
  const properties = Object.entries(shape.properties ?? {});
  const inner = properties.filter(([, n]) => n.properties);
  const keys = properties.filter(([, n]) => !n.properties);
  return [
    `## ${isList ? `\`[[${name}]]\`` : `\`[${name}]\``}`,
    shape.description ?? '',
    keyTable(Object.fromEntries(keys)),
    ...inner.flatMap(([key, n]) => section(`${name}.${key}`, n)),
  ];
}

function keyTable(properties: Readonly<Record<string, Node>>): string {
  const rows = Object.entries(properties).map(
    ([key, node]) =>
      `| \`${key}\` | ${typeOf(node)} | ${defaultOf(node)} | ${cell(node.description ?? '')} |`,
  );
  return ['| key | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((v) => `\`${v}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items?.type ?? 'values'}s`;
  if (node.type === 'integer') return `${node.minimum} to ${node.maximum?.toLocaleString('en')}`;
  if (node.type === 'boolean') return '`true`, `false`';
  return node.type ?? '';
}

const defaultOf = (node: Node): string =>
  node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
