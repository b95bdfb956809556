/** What came of one replay, in the figures all replays share. */
export interface Replayed {
  /** First handoffs of planned tasks. */
  readonly handoffs: number;
  /** Of those, how many landed as they were. */
  readonly firstTryLandings: number;
  /** Tasks landed, at whatever try. */
  readonly landed: number;
  readonly landedPerHour: number;
  /** The same schedule, with files of its own for every task. */
  readonly noConflictCeilingPerHour: number;
  /** Tokens on repair tasks and on any attempt after a task's first, of all tokens. */
  readonly repairTokenShare: number;
  readonly firstLandingMs: number;
  /** Whether every value the target had passes the project's build. */
  readonly alwaysGreen: boolean;
}

/** Everything but the ceiling, which is another replay's rate. */
export type Played = Omit<Replayed, 'noConflictCeilingPerHour'>;

const HOUR_MS = 3_600_000;
export const perHour = (count: number, ms: number): number => (ms > 0 ? (count * HOUR_MS) / ms : 0);
