import { CONTEST_MUTANTS } from './contests.ts';
import { CRITERIA_MUTANTS } from './criteria.ts';
import { HAND_MUTANTS } from './hands.ts';
import { HEALING_MUTANTS } from './healing.ts';
import { HOST_MUTANTS } from './hosts.ts';
import { LANDING_MUTANTS } from './landings.ts';
import { LOOP_MUTANTS } from './loop.ts';
import type { MutantTable } from './mutant.ts';
import { PLANNING_MUTANTS } from './planning.ts';
import { SOFT_MUTANTS } from './softly.ts';
import { SPENDING_MUTANTS } from './spending.ts';
import { SPLIT_MUTANTS } from './splits.ts';
import { STEERING_MUTANTS } from './steering.ts';
import { TASK_MUTANTS } from './tasks.ts';
import { VOTE_MUTANTS } from './votes.ts';

export const PRODUCT_MUTANTS: MutantTable = {
  ...LOOP_MUTANTS,
  ...PLANNING_MUTANTS,
  ...TASK_MUTANTS,
  ...LANDING_MUTANTS,
  ...HEALING_MUTANTS,
  ...SPLIT_MUTANTS,
  ...HAND_MUTANTS,
  ...CONTEST_MUTANTS,
  ...VOTE_MUTANTS,
  ...CRITERIA_MUTANTS,
  ...SPENDING_MUTANTS,
  ...STEERING_MUTANTS,
  ...SOFT_MUTANTS,
  ...HOST_MUTANTS,
};
