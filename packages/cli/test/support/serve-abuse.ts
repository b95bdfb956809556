/** What a hostile page, program or network says to `swarm serve`; and what it may hear. */
import { WHAT } from './abuse-what.ts';
import { WHO } from './abuse-who.ts';
import type { Abuse } from './abusing.ts';

export const ABUSES: readonly Abuse[] = [...WHO, ...WHAT];
