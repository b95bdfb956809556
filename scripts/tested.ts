/**
 * `node scripts/tested.ts [FOLDER]`: builds the program as it is installed, for those who start it: it starts in a third
 * of the sources' time. Whoever runs beside the tests of cli gives a folder of its own.
 */
import { cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleProgram } from './bundle.ts';

const PACKAGE = join(import.meta.dirname, '..', 'packages', 'cli');
const TESTED = resolve(process.argv[2] ?? join(PACKAGE, 'dist', 'tested'));

rmSync(TESTED, { recursive: true, force: true });
await bundleProgram(TESTED);
cpSync(join(PACKAGE, 'package.json'), join(TESTED, 'package.json'));
