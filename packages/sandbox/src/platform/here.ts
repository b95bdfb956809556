/** The system one runs on. */
import { doesWithoutLinux } from '@swarm/core/rules/portable';
import { linux } from './linux.ts';
import type { Platform } from './platform.ts';
import { portable } from './portable.ts';

export const isPortable = doesWithoutLinux(process.platform, process.env);

export const platform: Platform = isPortable ? portable : linux;
