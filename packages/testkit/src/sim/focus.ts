/**
 * Which seeds are tried: the same generator of stories and faults, told what must be in what it draws. A fault that
 * needs a rare story to show is met sooner that way, and by the same laws.
 */
import { drawFaults, FAULTS, type Fault, type FaultRates } from './faults.ts';
import { drawFeatures, type FeatureWord, featured, WANTED } from './features.ts';
import type { Random } from './random.ts';
import { drawStory, type Story } from './story.ts';

const TRAITS = {
  planner: (story: Story) => story.mode === 'planner',
  land: (story: Story) => story.mode === 'land',
  gate: (story: Story) => story.hasGate,
  ungated: (story: Story) => !story.hasGate,
  checks: (story: Story) => story.hasChecks,
  installed: (story: Story) => story.hasSetup,
  crowded: (story: Story) => story.workers >= 8,
  batched: (story: Story) => story.policy === 'batch',
  bounded: (story: Story) => story.tokens !== undefined || story.usd !== undefined,
} as const satisfies Record<string, (story: Story) => boolean>;
export type Trait = keyof typeof TRAITS;

/** What every seed has: stories of these traits, faults of these kinds. Empty: whatever it draws. */
export type Focus = readonly (Trait | Fault | FeatureWord)[];

export const isFocusWord = (word: string): word is Focus[number] =>
  Object.hasOwn(TRAITS, word) || Object.hasOwn(FAULTS, word) || isFeature(word);

const isFeature = (word: string): word is FeatureWord => (WANTED as readonly string[]).includes(word);

const isTrait = (word: string): word is Trait => Object.hasOwn(TRAITS, word);

/** Far more than any traits that go together need. */
const DRAWS_MAX = 10_000;

/** The first story drawn that has every trait. Throws when none comes. */
export function drawFocused(random: Random, focus: Focus): Story {
  const wanted = focus.filter(isTrait);
  for (let n = 0; n < DRAWS_MAX; n++) {
    const story = drawStory(random);
    if (wanted.every((trait) => TRAITS[trait](story))) return story;
  }
  throw new Error(`no story is all of these: ${wanted.join(', ')}`);
}

/** The story with what its request asks for beside its work. */
export function withFeatures(random: Random, story: Story, focus: Focus): Story {
  const wanted = focus.filter(isFeature);
  return featured(random, story, drawFeatures(random, wanted), wanted);
}

export const drawFocusedFaults = (random: Random, focus: Focus): FaultRates =>
  drawFaults(
    random,
    focus.filter((word): word is Fault => !isTrait(word) && !isFeature(word)),
  );
