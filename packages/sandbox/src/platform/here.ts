/** The system one runs on. */
import { linux } from './linux.ts';
import type { Platform } from './platform.ts';
import { portable } from './portable.ts';

/** Linux tells all of it under /proc. SWARM_PORTABLE=1 is for trying on Linux what the other systems get. */
export const isPortable = process.platform !== 'linux' || process.env.SWARM_PORTABLE === '1';

export const platform: Platform = isPortable ? portable : linux;
