export { FAULTS, type Fault, type FaultRates, NO_FAULTS } from './sim/faults.ts';
export { MUTANTS, type Mutant } from './sim/mutants.ts';
export { Random } from './sim/random.ts';
export { Incarnation, Scheduler, settled } from './sim/scheduler.ts';
export { type SimulatedRun, type SimulateOptions, simulate } from './sim/simulate.ts';
export {
  type CommitObject,
  changedPaths,
  type Merged,
  Objects,
  type Tree,
  trailer,
} from './twins/objects.ts';
