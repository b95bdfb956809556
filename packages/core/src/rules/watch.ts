/** Which issue is next for `swarm watch`: what was begun is ended first, then the oldest; each is taken once. */
import type { ForgeIssue } from '../ports/forge.ts';
import { harmless } from './forge-text.ts';

/** Runs of an issue that are here. */
export interface IssueRun {
  readonly issue: number;
  readonly run: string;
  readonly isOver: boolean;
}

export type WatchStep =
  | { readonly kind: 'resume'; readonly issue: number; readonly run: string }
  | { readonly kind: 'begin'; readonly issue: ForgeIssue }
  | { readonly kind: 'wait' };

export interface WatchAsk {
  /** With the label and open, the oldest first. */
  readonly issues: readonly ForgeIssue[];
  /** The newest first. */
  readonly runs: readonly IssueRun[];
  /** Numbers of issues that are settled: worked on elsewhere, or tried by this watch. */
  readonly settled: ReadonlySet<number>;
}

export function watchStep({ issues, runs, settled }: WatchAsk): WatchStep {
  const newest = (number: number): IssueRun | undefined => runs.find(({ issue }) => issue === number);
  const open = issues.filter(({ number }) => !settled.has(number));
  const begun = open.map(({ number }) => newest(number)).find((run) => run?.isOver === false);
  if (begun) return { kind: 'resume', issue: begun.issue, run: begun.run };
  const next = open.find(({ number }) => newest(number) === undefined);
  return next ? { kind: 'begin', issue: next } : { kind: 'wait' };
}

const MARK = '<!-- swarm: worked on ';

/** What is said under the issue when its run is over. */
export const workedOnText = (run: string, ending: string, url: string | undefined): string =>
  [
    `\`${run}\`: ${harmless(ending, 500)}.`,
    ...(url === undefined ? [] : ['', url]),
    '',
    `${MARK}${run} -->`,
  ].join('\n');

export const isWorkedOn = (body: string): boolean => body.includes(MARK);
