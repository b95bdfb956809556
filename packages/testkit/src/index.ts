export { FORGE_MUTANTS, type ForgeMutant } from './forge/question.ts';
export {
  type Call as ForgeCall,
  FakeForge,
  type FakeForgeOptions,
  type Trouble,
} from './forge/server.ts';
export {
  type FakeIssue,
  type FakePull,
  type FakeRefs,
  type FakeRepository,
  MemoryRefs,
  type MergeWay,
  sha,
} from './forge/state.ts';
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
