/** Linux has names for sockets and figures of processes that others have not. */
import { doesWithoutLinux } from '@swarm/core/rules/portable';

export const isPortable = doesWithoutLinux(process.platform, process.env);
