/** Commands for the first contact and for tidying up: init, doctor, clean, completion, prompts. */
import type { Finish, Program } from './command-parts.ts';
import type { Context } from './program.ts';

export function addSetUp(_program: Program, _context: Context, _exit: Finish): void {}
