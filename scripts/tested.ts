/** Builds the program as it is installed, for the tests that start it: it starts in a third of the sources' time. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle.ts';

const PACKAGE = join(import.meta.dirname, '..', 'packages', 'cli');
const TESTED = join(PACKAGE, 'dist', 'tested');

rmSync(TESTED, { recursive: true, force: true });
await bundleProgram(TESTED);
cpSync(join(PACKAGE, 'package.json'), join(TESTED, 'package.json'));
