/** The promises, one check each: pure functions of the facts that return what breaks them. */
import { offTheLine, untestedLandings, wrongTrailers } from './checks/landings.ts';
import { backwardMoves } from './checks/moves.ts';
import { collateralChanges, wrongMeasures } from './checks/paths.ts';
import { untoldStories } from './checks/stories.ts';
import { doubleLandings, lostTasks, missingLandings } from './checks/tasks.ts';
import { wrongUndos } from './checks/undos.ts';
import { type Facts, ownLandings, ownMarks, presentMembers } from './facts.ts';
import { count } from './words.ts';

export type PromiseId = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P7';

interface Rule {
  readonly name: string;
  readonly promise: PromiseId;
  /** How many of what were looked at, for a reader who wants to know that the check did something. */
  readonly examined: (facts: Facts) => string;
  readonly findings: (facts: Facts) => readonly string[];
}

export const MEASURES: Rule = {
  name: 'branches are as the journal measured them',
  promise: 'P5',
  examined: ({ branchPaths }) => count(branchPaths.size, 'branch in the hub', 'branches in the hub'),
  findings: wrongMeasures,
};

export const RULES: readonly Rule[] = [
  {
    name: 'no accepted task is lost',
    promise: 'P1',
    examined: ({ claims }) => count(claims.tasks.size, 'task'),
    findings: lostTasks,
  },
  {
    name: 'what the journal calls landed is on the target',
    promise: 'P1',
    examined: ({ claims }) => count(claims.landed.size, 'landed task'),
    findings: missingLandings,
  },
  {
    name: 'no task lands twice',
    promise: 'P2',
    examined: (facts) => count(ownMarks(facts).length, 'marked commit'),
    findings: doubleLandings,
  },
  {
    name: 'every landing carries its trailers',
    promise: 'P3',
    examined: (facts) => count(presentMembers(facts).length, 'commit'),
    findings: wrongTrailers,
  },
  {
    name: 'what landed is what passed the gate, on exactly that parent',
    promise: 'P3',
    examined: (facts) => count(ownLandings(facts).length, 'landing'),
    findings: untestedLandings,
  },
  {
    name: 'every landing is one commit on the first-parent line',
    promise: 'P3',
    examined: ({ chain }) => count(chain.length, 'first-parent commit'),
    findings: offTheLine,
  },
  {
    name: 'what was taken back passed the gate without it, as one commit that names it',
    promise: 'P3',
    examined: ({ claims }) => count(claims.moves.filter((move) => move.by === 'undo').length, 'undo'),
    findings: wrongUndos,
  },
  {
    name: 'the target only moved forward',
    promise: 'P4',
    examined: ({ claims }) => count(claims.moves.length, 'move'),
    findings: backwardMoves,
  },
  {
    name: 'a landing changes only what its branch changed',
    promise: 'P5',
    examined: ({ changed }) => count(changed.size, 'commit'),
    findings: collateralChanges,
  },
  MEASURES,
  {
    name: 'the journal and the target tell the same story',
    promise: 'P7',
    examined: ({ commits }) => count(commits.size, 'commit'),
    findings: untoldStories,
  },
];
