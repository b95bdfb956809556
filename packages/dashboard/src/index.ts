export type { Page } from './asked.ts';
export type { AnsweredBeside, AskedBeside, Beside } from './beside.ts';
export { workerToken } from './guard.ts';
export type {
  Answer,
  Entered,
  RunSource,
  RunsPort,
  TranscriptLine,
  TranscriptPart,
  Trouble,
  WorkDiff,
} from './ports.ts';
export { type ServeAsk, type Serving, serve } from './server.ts';
