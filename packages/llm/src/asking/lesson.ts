/** How a request is said without what its server refuses. */
import type { Body } from '../dialects/kinds.ts';

export interface Lesson {
  /** One lesson, one key: it is learnt once. */
  readonly key: string;
  /** For the log: what is done from now on. */
  readonly told: string;
  /** About this request alone. */
  readonly isForOnce?: true;
  readonly change: (body: Body) => Body;
}
