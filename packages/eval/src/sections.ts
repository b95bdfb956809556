/** The parts of the eval, each as a table with its aims. The short form takes a few of each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ablate, isWorse, ORDINARY } from './ablation/ablation.ts';
import { PARTS, type Part } from './ablation/without.ts';
import { PACKAGE_NAMES } from './mechanic/package.ts';
import { addScores, NO_SCORE, type Score, tryPackage } from './mechanic/trial.ts';
import { findNeedles } from './needles/needles.ts';
import { inPool } from './pool.ts';
import { EXTRA_MAX, faultOf, tryQuirk } from './quirks/quirk.ts';
import { PLAIN, QUIRKS, SHORT_QUIRKS } from './quirks/table.ts';
import { renderings } from './renderings/render.ts';
import { percent, ratio, type Section } from './section.ts';

const HIDDEN_AIM = 0.95;
const ATTEMPTS_AIM = 1.1;
const NEEDLES_AIM = 0.99;

export async function quirkSection(isShort: boolean): Promise<Section> {
  const quirks = isShort ? QUIRKS.filter(({ name }) => SHORT_QUIRKS.includes(name)) : QUIRKS;
  const [plain, ...results] = await inPool([PLAIN, ...quirks], tryQuirk);
  const judged = quirks.map((quirk, i) => ({
    quirk,
    result: results[i]!,
    fault: faultOf(quirk, results[i]!, plain!),
  }));
  const good = judged.filter(({ fault }) => fault === undefined).length;
  return {
    title: 'Habits of servers',
    head: ['habit', 'seen at', 'landed', 'calls', 'extra', 'refusals'],
    rows: judged.map(({ quirk: { name, seen }, result }) => [
      ...[name, seen, result.landed ? 'yes' : 'NO', `${result.calls}`],
      ...[`${result.calls - plain!.calls}`, `${result.refusals}`],
    ]),
    aims: [
      {
        what: `landed with at most ${EXTRA_MAX} calls more than the plain server’s ${plain!.calls}`,
        seen: `${good} of ${judged.length}`,
        aim: 'all',
        isMet: good === judged.length && plain!.landed,
      },
    ],
    faults: judged.flatMap(({ quirk: { name }, fault }) => (fault ? [`${name}: ${fault}`] : [])),
  };
}

// ───────────── the mechanic ─────────────

const SEEDS = [1, 2, 3];

export async function mechanicSection(isShort: boolean): Promise<Section> {
  const all = PACKAGE_NAMES.flatMap((name) => SEEDS.map((seed) => ({ package: name, seed })));
  // The ablation's own: it is played once for both.
  const trials = isShort ? [ORDINARY] : all;
  const scores = await inPool(trials, (trial) => tryPackage(trial));
  const sum = scores.reduce(addScores, NO_SCORE);
  return {
    title: 'The mechanic',
    head: ['package', 'seed', 'hidden tests passed', 'landed', 'attempts per landing', 'calls per landing'],
    rows: trials.map((trial, i) => [trial.package, `${trial.seed}`, ...scoreCells(scores[i]!)]),
    aims: [
      {
        what: 'hidden tests passed, of those that the faults made fail',
        seen: percent(sum.passed, sum.hidden),
        aim: '≥ 95 %',
        isMet: sum.passed >= HIDDEN_AIM * sum.hidden,
      },
      {
        what: 'attempts per landing',
        seen: ratio(sum.attempts, sum.landed),
        aim: '≤ 1.1',
        isMet: sum.landed > 0 && sum.attempts <= ATTEMPTS_AIM * sum.landed,
      },
      { what: 'calls per landing', seen: ratio(sum.calls, sum.landed), aim: 'told', isMet: true },
    ],
    faults: [],
  };
}

const scoreCells = ({ passed, hidden, landed, tasks, attempts, calls }: Score): readonly string[] => [
  ...[`${passed} of ${hidden}`, `${landed} of ${tasks}`],
  ...[ratio(attempts, landed), ratio(calls, landed)],
];

// ───────────── what stands where it is needed ─────────────

export async function needleSection(): Promise<Section> {
  const found = await findNeedles();
  const needed = found.reduce((sum, one) => sum + one.needed, 0);
  const stands = found.reduce((sum, one) => sum + one.stands, 0);
  const unasked = found.filter((one) => one.needed === 0).map(({ needle }) => needle.fact);
  return {
    title: 'Needles',
    head: ['fact', 'prompts that need it', 'prompts that hold it'],
    rows: found.map((one) => [one.needle.fact, `${one.needed}`, `${one.stands}`]),
    aims: [
      {
        what: 'facts that stand in the prompt that needs them',
        seen: `${percent(stands, needed)} of ${needed}`,
        aim: '≥ 99 %',
        isMet: unasked.length === 0 && stands >= NEEDLES_AIM * needed,
      },
    ],
    faults: unasked.map((fact) => `no prompt came that needs: ${fact}`),
  };
}

export async function ablationSection(isShort: boolean): Promise<Section> {
  const parts: readonly Part[] = isShort ? ['project_instructions'] : PARTS;
  const ablated = await ablate(parts);
  const worse = ablated.filter(({ whole, without }) => isWorse(without, whole)).length;
  return {
    title: 'A worker’s prompt without one of its parts',
    head: ['without', 'hidden tests passed', 'landed', 'attempts', 'calls', 'worse'],
    rows: ablated.map(({ part, whole, without }) => [
      part,
      ...(['passed', 'landed', 'attempts', 'calls'] as const).map((key) => `${whole[key]} → ${without[key]}`),
      isWorse(without, whole) ? 'yes' : 'NO',
    ]),
    aims: [
      {
        what: 'parts without which the mechanic is worse',
        seen: `${worse} of ${ablated.length}`,
        aim: 'all',
        isMet: worse === ablated.length,
      },
    ],
    faults: [],
  };
}

// ───────────── prompts as they go out ─────────────

export const RENDERED = join(import.meta.dirname, '..', '..', '..', 'docs', 'prompts-rendered');

export async function renderingSection(): Promise<Section> {
  const pages = Object.entries(await renderings());
  const same = pages.filter(([name, text]) => textOf(name) === text);
  return {
    title: 'Prompts as they go out',
    head: ['file', 'characters', 'as in docs/prompts-rendered'],
    rows: pages.map(([name, text]) => [name, `${text.length}`, textOf(name) === text ? 'yes' : 'NO']),
    aims: [
      {
        what: 'files that are true',
        seen: `${same.length} of ${pages.length}`,
        aim: 'all',
        isMet: same.length === pages.length,
      },
    ],
    faults: [],
  };
}

function textOf(name: string): string | undefined {
  try {
    return readFileSync(join(RENDERED, name), 'utf8');
  } catch {
    return undefined;
  }
}
