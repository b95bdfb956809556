/** Loaded with NODE_OPTIONS=--import: names of the files of modules that the program loads, by what stands in them. */
import { appendFileSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const file = process.env.LOADED_FILE!;
const marks = process.env.LOADED_MARKS!.split(',');

registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) {
      const text = readFileSync(fileURLToPath(url), 'utf8');
      for (const mark of marks) if (text.includes(mark)) appendFileSync(file, `${mark} ${url}\n`);
    }
    return nextLoad(url, context);
  },
});
