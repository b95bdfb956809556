/** Linux has names for sockets and figures of processes that others have not. SWARM_PORTABLE=1 does without on Linux too. */
export const isPortable = process.platform !== 'linux' || process.env.SWARM_PORTABLE === '1';
