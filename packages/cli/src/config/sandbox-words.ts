/** What `--sandbox` may say, as a sentence has it: on its own, so that a help text need not load the providers. */
export const SANDBOX_WORDS = 'auto, bubblewrap, docker, command, seatbelt or none';
