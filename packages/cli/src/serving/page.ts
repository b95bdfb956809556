/** The page's files: beside the packed program they lie ready, from the sources they are made anew at each start. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@swarm/dashboard';
import type { BuildOptions } from 'esbuild';

/** How script and style are made, here and in the packed program: one file each, for any browser of the last years. */
export const PAGE_BUNDLE = {
  entryPoints: { page: 'main.ts', style: 'page.css' },
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
export const PAGE_FILES = ['index.html', 'icon.svg'] as const;

/** @param folder of the page's sources, or of the packed program. */
export async function pageIn(folder: string, isPacked: boolean): Promise<Page> {
  const file = (name: string): Promise<Buffer> => readFile(join(folder, name));
  const { script, style } = isPacked
    ? { script: await file('page.js'), style: await file('style.css') }
    : await bundled(folder);
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: await file('index.html') }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: style }],
    ['/icon.svg', { type: 'image/svg+xml', body: await file('icon.svg') }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: script }],
  ]);
}

/** esbuild is there wherever the sources are. */
async function bundled(folder: string): Promise<{ readonly script: string; readonly style: string }> {
  const { build } = await import('esbuild');
  const made = await build({ ...PAGE_BUNDLE, absWorkingDir: folder, outdir: folder, write: false });
  const text = (end: string): string => made.outputFiles.find(({ path }) => path.endsWith(end))!.text;
  return { script: text('.js'), style: text('.css') };
}
