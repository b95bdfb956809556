/** `pnpm run docs`: writes every generated file. scripts/docs.test.ts fails while one differs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderGenerated } from './generated.ts';

for (const [path, text] of Object.entries(renderGenerated())) {
  writeFileSync(join(import.meta.dirname, '..', path), text);
  console.log(path);
}
