/**
 * From the sources, our agent is bundled anew at the start of each run: what runs in the sandbox is always what
 * stands here, one file that starts in a tenth of a second instead of a hundred that take five.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/**
 * `import … from 'node:http'` asks for every name that module has, and some of them load Node's own client of HTTP: as
 * long as all the rest of a short command takes. Asked for as a value, a name is looked up when it is used.
 */
const HTTP_BY_NAME: Plugin = {
  name: 'http by name',
  setup({ onResolve, onLoad }) {
    const namespace = 'by-name';
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path: path.replace('node:', ''), namespace } : undefined,
    );
    onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
  },
};

/** Every language zod speaks would be read at each start; our messages are our own. */
const ONE_LANGUAGE: Plugin = {
  name: 'one language',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from ${JSON.stringify('./en.js')};`,
    }));
  },
};

/** How every bundle of ours is made; the packed program is made the same way. */
export const BUNDLE = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  conditions: ['swarm-src'],
  // Bundled CommonJS packages ask for Node's own modules by `require`, which an ES module does not have.
  banner: {
    js: "import { createRequire as swarmCreateRequire } from 'node:module'; const require = swarmCreateRequire(import.meta.url);",
  },
  plugins: [HTTP_BY_NAME, ONE_LANGUAGE],
  logLevel: 'warning',
} satisfies BuildOptions;

/** What the agent never comes to: what only drivers speak with, on the other side of the sandbox, and esbuild itself. */
export const NOT_THE_AGENTS = ['esbuild', '@agentclientprotocol/sdk', '@modelcontextprotocol/client'];

/** esbuild is there wherever the sources are; the packed program never comes here. */
export async function bundleAgent(source: string, to: string): Promise<void> {
  const { build } = await import('esbuild');
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await build({
    ...BUNDLE,
    entryPoints: [source],
    outfile: to,
    external: NOT_THE_AGENTS,
    minifySyntax: true,
  });
  // The sandbox's user reads it, whatever the operator's umask is.
  await chmod(to, 0o644);
}
