/** docs/config.md and swarm.schema.json, generated from the schema the code runs on. */
import * as z from 'zod';
import { configSchema } from './schema.ts';

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
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
  const isTable = (node: Node): boolean =>
    Boolean(node.properties ?? node.items?.properties ?? namedIn(node));
  const plain = entries.filter(([, node]) => !isTable(node));
  const tables = entries.filter(([, node]) => isTable(node));
  return `${[
    HEAD,
    keyTable(Object.fromEntries(plain)),
    ...tables.flatMap(([name, node]) => {
      const one = namedIn(node);
      return one ? section(`${name}.<name>`, one) : section(name, node);
    }),
    '## Examples',
    ...EXAMPLES.map(({ about, toml, below }) => [about, `\`\`\`toml\n${toml}\n\`\`\``, below].join('\n\n')),
  ].join('\n\n')}\n`;
}

const HEAD = `# Configuration

Generated from the schema by \`pnpm run docs\`; edit \`packages/cli/src/config/schema.ts\` instead.

Sources, later wins: defaults, \`~/.config/swarm/config.toml\` (the operator's own), the repository's
\`swarm.toml\`, the environment (\`OPENAI_API_KEY\`, \`OPENAI_BASE_URL\`, \`SWARM_MODEL\`), flags. The two OpenAI
variables make an endpoint named \`env\` where no file names one.

From a repository's \`swarm.toml\` the keys \`endpoints\`, \`models\`, \`agent\`, \`roles\`, \`distribute\`, \`review\`, \`planner\`, \`pipeline\`, \`notify\`, \`workers.sandbox\`, \`sandbox\` and \`deliver\`, and the
prompts in \`.swarm/prompts\`, count only once its content is trusted (\`--trust-repo\`); with \`--sandbox none\` so do
\`env.setup\`, \`gate.command\` and \`checks.command\`. Until then its limits may only tighten yours.

Durations are a number and \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`. Unknown keys are refused.

For completion in an editor, begin the file with \`#:schema ./swarm.schema.json\`.`;

interface Example {
  readonly about: string;
  /** A whole `~/.config/swarm/config.toml`, but for the rest of the operator's own. */
  readonly toml: string;
  readonly below: string;
}

/** What people ask for first, each a file that loads as it stands. */
export const EXAMPLES: readonly Example[] = [
  {
    about:
      '**Toolchains below the home folder** (nvm, fnm, volta, pyenv, rustup, sdkman, mise, asdf). A sandbox has a home of its own, so what lies in yours is shown by name. `swarm doctor` prints the line for what setup and gate need, and `swarm init` writes it into `~/.config/swarm/config.toml` on a yes:',
    toml: '[sandbox]\nmounts = ["~/.nvm:ro", "~/.cargo/bin:ro", "~/.rustup:ro"]',
    below:
      'Have the folders of their programs on your PATH where you start swarm (`nvm use`). Variables by which a shown toolchain finds the rest of itself are set inside by themselves: `RUSTUP_HOME`, `PYENV_ROOT`, `VOLTA_HOME`, `SDKMAN_DIR`, `MISE_DATA_DIR`, `ASDF_DATA_DIR`, `RBENV_ROOT`, `DOTNET_ROOT`; any other is named in `env`. All of it is read-only. What setup downloads into its own home (`~/.cargo/registry`, `~/.m2`, `~/go`, `~/.npm`, programs in `~/.local/bin`, which is last on PATH) is there for agents, `verify`, gate and checks, each with a copy of its own; a package store above 256 MB is not.',
  },
  {
    about:
      '**A private registry.** Only setup on the trusted base reaches the network, so only it is given the token; agents and gates never see it, and what setup prints of it is taken out:',
    toml: '[sandbox]\nsetup_env = ["NPM_TOKEN"]\n\n[env]\nsetup = "npm ci"',
    below:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: npm's own way to name a variable
      'with the project’s `.npmrc` naming the variable: `//npm.shop.example/:_authToken=${NPM_TOKEN}`. The same for others: `UV_INDEX_SHOP_PASSWORD`, `CARGO_REGISTRIES_SHOP_TOKEN`, `GOPRIVATE` and `NETRC`. A registry that is not the package manager’s usual one is named too, wherever it lies: `egress = ["npm.shop.example:4873"]`. Setup’s way out is a proxy for HTTP and HTTPS, which npm, pnpm, yarn, pip, uv, cargo, go, git over https, maven and gradle use by themselves; what needs another way (git over ssh, a database, a name looked up by the program itself) is not reached.',
  },
  {
    about:
      '**More hosts.** Setup reaches the registries of its package managers; dependencies by git and programs that packages fetch need more, which setup’s failure and `swarm init` name. Agents reach nothing without it:',
    toml: '[sandbox]\negress = ["github.com", "codeload.github.com"]\nagent_egress = ["docs.rs"]',
    below:
      'Exact hosts: `host` for ports 443 and 80, or `host:port`; `"*"` is everything public. What each reaches and how it is judged: docs/sandboxes.md, “The way out”.',
  },
  {
    about: '**A proxy for setup:**',
    toml: '[sandbox]\nsetup_env = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"]',
    below:
      'A variable that is not set is not passed. Where the proxy has a certificate of its own, put it among the system’s (`/etc/ssl/certs` is shown), or name it: `mounts = ["/opt/shop/ca.pem:ro"]` and `setup_env = ["NODE_EXTRA_CA_CERTS"]`. Inside, setup sees a proxy of swarm’s own, which asks yours.',
  },
];

/** A table of the file, and the tables inside it. */
function section(name: string, node: Node): string[] {
  const isList = node.items !== undefined;
  const shape = node.items ?? node;
  const properties = Object.entries(shape.properties ?? {});
  const inner = properties.filter(([, n]) => n.properties);
  const named = properties.flatMap(([key, n]) => {
    const one = namedIn(n);
    return one ? [[key, one] as const] : [];
  });
  const keys = properties.filter(([, n]) => !n.properties && !namedIn(n));
  return [
    `## ${isList ? `\`[[${name}]]\`` : `\`[${name}]\``}`,
    shape.description ?? '',
    ...(keys.length > 0 ? [keyTable(Object.fromEntries(keys))] : []),
    ...inner.flatMap(([key, n]) => section(`${name}.${key}`, n)),
    ...named.flatMap(([key, n]) =>
      section(`${name}.${key}.${key === 'profiles' ? '"<glob>"' : '<name>'}`, n),
    ),
  ];
}

/** The shape of each table in a table whose keys are names. */
function namedIn({ additionalProperties: any }: Node): Node | undefined {
  return typeof any === 'object' && any.properties ? any : undefined;
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
  if (node.type === 'object') return 'table';
  if (node.type === 'boolean') return '`true`, `false`';
  return node.type ?? '';
}

const defaultOf = (node: Node): string =>
  node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
