export type { Learnt } from './asking/learning.ts';
export { CALL_LOOK_MS, type CallLook, lookByCall } from './call-look.ts';
export { type Clean, cleaner, type Place } from './cassettes/cleaning.ts';
export type { Divergence } from './cassettes/divergence.ts';
export { cassetteExists } from './cassettes/file.ts';
export type { Head as CassetteHead } from './cassettes/line.ts';
export { endpointsOnTape, type PlayerOptions, startPlayer } from './cassettes/player.ts';
export { resumeRecorder, startRecorder } from './cassettes/recorder.ts';
export { openTape, type Tape } from './cassettes/tape.ts';
export { type CallReport, createModel, DEFAULT_MAX_TRIES, type ModelOptions } from './chat.ts';
export { DEFAULT_DEADLINES, type Deadlines } from './deadlines.ts';
export {
  createEndpointPool,
  type EndpointConfig,
  type EndpointPool,
  type HealthChange,
  type QuotaNews,
} from './endpoints.ts';
export type { CallDetail } from './gateway/bill.ts';
export type { Refused } from './gateway/calls.ts';
export { type Gateway, type GatewayOptions, type IssuedTicket, startGateway } from './gateway/gateway.ts';
export type { AttemptLimits } from './gateway/tokens.ts';
export {
  mergePrices,
  type Price,
  PriceSchema,
  type PriceTable,
  PriceTableSchema,
  priceOf,
  readPrices,
} from './prices.ts';
export { type Probe, type ProbeReport, probeEndpoint } from './probe.ts';
export type { EndpointFault } from './probe-faults.ts';
export { deadlinesOf, type ModelProfile, type Profiles, profileOf, readProfiles } from './profiles.ts';
export { type Quota, quotasIn } from './quotas.ts';
export { createRenewal } from './renewal.ts';
export {
  readScript,
  type Script,
  type ScriptedAnswer,
  type ScriptQuery,
  scriptedAnswer,
  scriptSchema,
} from './scripted-model.ts';
export { type ScriptedCall, type ScriptedServer, startScriptedServer } from './scripted-server.ts';
export type { CallLimits } from './slots.ts';
export { RESERVED_ANSWER_TOKENS, ticketed } from './ticket.ts';
