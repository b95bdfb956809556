export { BranchIntake, type BranchWords } from './branch-intake.ts';
export { type BranchAt, listBranches } from './branches.ts';
export { type CheckoutFacts, type OngoingOperation, readCheckout } from './checkout.ts';
export { Git } from './git.ts';
export { type HubOptions, type OpenedHub, openHub } from './hub.ts';
export { DEFAULT_LIMITS, type IntakeLimits } from './intake.ts';
export { GitMutex } from './mutex.ts';
export { cloneOrigin } from './origin.ts';
export { Remote, type RemoteBranch, upstreamOf } from './remote.ts';
