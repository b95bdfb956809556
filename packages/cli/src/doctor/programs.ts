/** What it means which of the programs that setup and gate start the sandbox has. */
import { listLine } from '../config/operator-lists.ts';
import { bringsPrograms, programsIn } from '../preparing/command-words.ts';
import type { Commands } from '../preparing/detect.ts';
import { installText } from '../preparing/installs.ts';
import type { Other } from '../preparing/programs.ts';
import type { Offer } from '../preparing/toolchains.ts';
import { type Check, failed, note, ok } from './check.ts';

/** What setup and gate start, as far as it can be told, and what was found to be missing. */
export function neededPrograms({ gate, setup, found }: Commands): readonly string[] {
  const words = [gate, setup].flatMap((command) =>
    command === undefined || command === 'none' ? [] : programsIn(command),
  );
  return [...new Set([...words, ...(found?.missing ?? [])])];
}

export interface ProgramFacts {
  readonly commands: Commands;
  readonly needed: readonly string[];
  readonly missing: readonly string[];
  /** Programs that are there, but not the operator's own. */
  readonly others: ReadonlyMap<string, Other>;
  /** What would show a program, by program. */
  readonly offers: ReadonlyMap<string, Offer>;
  /** As they would stand in the operator's file: those that do, and those of the offers. */
  readonly mounts: readonly string[];
  readonly configFile: string;
}

/** Pure. */
export function programChecks(facts: ProgramFacts): readonly Check[] {
  const { needed, missing } = facts;
  if (needed.length === 0) return [];
  const others = otherChecks(facts);
  if (missing.length === 0) return [ok('programs', `the sandbox has ${needed.join(', ')}`), ...others];
  return [...missing.map((program) => missingCheck(program, facts)), ...others];
}

/** Only what could be shown instead: a tool that is not to be shown is nobody's to mend. */
const otherChecks = ({ others, offers }: ProgramFacts): readonly Check[] =>
  [...others].flatMap(([program, { there, yours }]) =>
    offers.has(program)
      ? [note('programs', `the sandbox starts ${there}, and you ${yours}; swarm init asks to show yours`)]
      : [],
  );

function missingCheck(program: string, facts: ProgramFacts): Check {
  const { gate, setup = '', found } = facts.commands;
  const ofSetup = programsIn(setup);
  // What a setup starts first it cannot have brought.
  if (bringsPrograms(setup) && program !== ofSetup[0])
    return note(
      'programs',
      `the sandbox has no ${program} before setup; swarm doctor --run-gate tries it after`,
    );
  const isOfSetup = ofSetup.includes(program);
  const offer = facts.offers.get(program);
  const next = found?.nextBest ? `; the next best is --gate '${found.nextBest.gate}'` : '';
  return failed('programs', {
    code: isOfSetup ? 'SW0308' : 'SW0314',
    what: `the sandbox has no ${program}, which ${isOfSetup ? 'setup' : 'the gate'} starts`,
    where: (isOfSetup ? setup : gate) ?? program,
    why: `${offer ? `it lies in ${offer.folders.join(', ')}, which a sandbox does not show (${offer.name})` : 'it is not below /usr, nor on your PATH in a folder that may be shown'}${next}`,
    fix: offer ? mountFix(facts) : installText(program),
  });
}

const mountFix = ({ mounts, configFile }: ProgramFacts): string =>
  `swarm init   # asks to show it; or write into ${configFile}:\n[sandbox]\n${listLine('mounts', mounts)}`;
