/** What a command prints where it refuses, for those who show it elsewhere. */
import { problemsOf, renderProblems } from '../telling/errors.ts';
import { noInk } from './captured.ts';

export const refusalText = (thrown: unknown): string => renderProblems(problemsOf(thrown), noInk);
