/** The page's files: beside the packed program they lie ready, from the sources they are made anew at each start. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@swarm/dashboard';
import type { BuildOptions } from 'esbuild';

/** How its script is made, here and in the packed program: one file, for any browser of the last years. */
export const PAGE_BUNDLE = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['swarm-src'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

/** Files that are served as they are. */
export const PAGE_FILES = ['index.html', 'page.css', 'icon.svg'] as const;

/** @param folder of the page's sources, or of the packed program. */
export async function pageIn(folder: string, isPacked: boolean): Promise<Page> {
  const file = (name: string): Promise<Buffer> => readFile(join(folder, name));
  const script = isPacked ? await file('page.js') : await bundled(join(folder, 'main.ts'));
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: await file('index.html') }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: await file('page.css') }],
    ['/icon.svg', { type: 'image/svg+xml', body: await file('icon.svg') }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: script }],
  ]);
}

/** esbuild is there wherever the sources are. */
async function bundled(source: string): Promise<string> {
  const { build } = await import('esbuild');
  const made = await build({ ...PAGE_BUNDLE, entryPoints: [source], write: false });
  return made.outputFiles[0]!.text;
}
