/** Words in the files of the simulated repositories that gate and checks look for. */

/** In a file of the target, it makes gate and checks fail. */
export const BREAK = 'BREAK';
/** In two files of the target, they make gate and checks fail: each is green alone. */
export const CLASH = 'CLASH';
/** A file only the operator may change. */
export const GUARDED = 'guarded.txt';
/** What setup installs is what this file says. */
export const LOCKFILE = 'lock.txt';
