export type { AnsweredBeside, AskedBeside, Beside } from './beside.ts';
export type { Answer, Entered, RunSource, RunsPort, Trouble } from './ports.ts';
export type { Page } from './routes.ts';
export { type ServeAsk, type Serving, serve } from './server.ts';
