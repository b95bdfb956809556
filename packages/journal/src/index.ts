export { JOURNAL_VERSION, LINE_BYTES_MAX } from './entry.ts';
export { type FileJournalOptions, openFileJournal } from './file-journal.ts';
export { followJournal, presentEntries } from './follow.ts';
export type { AppendFile } from './group-commit.ts';
export { openHeld } from './hold.ts';
export { acquireLock, type Held, heldProblem, type Lock, type LockAsk } from './lock.ts';
export { type HolderInfo, isThere, readHolderFile, thisProcess } from './lock-holder.ts';
export { MemoryFile, type MemoryFileOptions, openMemoryJournal } from './memory-journal.ts';
export { type Recovered, readJournal } from './recover.ts';
