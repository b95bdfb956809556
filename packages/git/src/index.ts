export { type BlamedLine, blameLine } from './blame.ts';
export type { BranchWords } from './branch-history.ts';
export { BranchIntake } from './branch-intake.ts';
export { type BranchAt, listBranches, listTags } from './branches.ts';
export { type Carrier, type CarryOutcome, carriedRef } from './carried.ts';
export { type ClaimAsk, claimCarried } from './carried-claim.ts';
export { type CarriedRun, seedRun, takeCarried } from './carried-in.ts';
export {
  type CheckoutFacts,
  commonDirOf,
  type OngoingOperation,
  readCheckout,
  trackedOwn,
} from './checkout.ts';
export type { CleanUp } from './context.ts';
export { Git } from './git.ts';
export { type HostHub, type HostHubAsk, openHostHub } from './host-hub.ts';
export { type HubOptions, type OpenedHub, openHub } from './hub.ts';
export { DEFAULT_LIMITS, type IntakeLimits } from './intake.ts';
export { GitMutex } from './mutex.ts';
export { type OperatorEnv, operatorPager } from './operator.ts';
export { cloneOrigin } from './origin.ts';
export { refetch } from './origin-fetch.ts';
export { ObjectReader } from './reader.ts';
export { type Rehearsal, rehearse, rehearseFolder } from './rehearsal.ts';
export { pushRemoteOf, Remote, type RemoteBranch, type RemoteHeader, upstreamOf } from './remote.ts';
export { readSigning, type Signing, type SigningFound, trySigning } from './signing.ts';
export { addWorkTree, keepBranch, type Work, type WorkPlaces, workDiff } from './task-work.ts';
export { type TreeFacts, treeFacts } from './tree-facts.ts';
