import { HEALING_MUTANTS } from './healing.ts';
import { LANDING_MUTANTS } from './landings.ts';
import { LOOP_MUTANTS } from './loop.ts';
import type { MutantTable } from './mutant.ts';
import { PLANNING_MUTANTS } from './planning.ts';
import { TASK_MUTANTS } from './tasks.ts';

export const PRODUCT_MUTANTS: MutantTable = {
  ...LOOP_MUTANTS,
  ...PLANNING_MUTANTS,
  ...TASK_MUTANTS,
  ...LANDING_MUTANTS,
  ...HEALING_MUTANTS,
};
