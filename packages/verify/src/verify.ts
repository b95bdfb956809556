/**
 * Checks the promises P1 to P5 on a repository after the fact, from git and the journal alone. It imports
 * nothing of ours, so that a fault in the product cannot hide itself here.
 */
import { MEASURES, type PromiseId, RULES } from './checks.ts';
import { type Claims, claimsOf } from './claims.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { type ReadJournal, readJournal } from './journal.ts';
import { findJournal } from './runs.ts';
import { some } from './words.ts';

export interface Check {
  readonly name: string;
  readonly promise: PromiseId;
  readonly ok: boolean;
  /** What was looked at, or what breaks the promise. */
  readonly detail: string;
}

export interface VerifyReport {
  readonly repository: string;
  readonly run: string;
  readonly journal: string;
  /** Every check held. A journal that cannot be trusted lets nothing else be checked, and is not ok. */
  readonly ok: boolean;
  readonly counts: {
    readonly entries: number;
    readonly commits: number;
    readonly landings: number;
    readonly tasks: number;
  };
  readonly checks: readonly Check[];
}

export interface VerifyAsk {
  /** Work tree or bare repository. */
  readonly repository: string;
  /** Without it, the newest run. */
  readonly run?: string | undefined;
  /** Without it, the run's own place: in the git directory, else below `.swarm/runs` in the work tree. */
  readonly journalPath?: string | undefined;
  /** The hub, where branches can be measured again; without it the journal's measures count. */
  readonly hubPath?: string | undefined;
}

/** @throws Error when there is no journal, or git cannot read the repository. */
export async function verifyRepository(ask: VerifyAsk): Promise<VerifyReport> {
  const path = ask.journalPath ?? (await findJournal(ask.repository, ask.run));
  const journal = await readJournal(path);
  const claims = journal.damage ?? readClaims(journal);
  if (typeof claims === 'string') return reportOf(ask, path, journal, [journalCheck(journal, claims)]);
  const facts = await gatherFacts({ repository: ask.repository, hubPath: ask.hubPath, claims });
  const checks = [journalCheck(journal), ...runCheck(ask, facts), ...promises(facts)];
  return reportOf(ask, path, journal, checks, facts);
}

/** What the journal claims, or why that cannot be read. */
function readClaims(journal: ReadJournal): Claims | string {
  try {
    return claimsOf(journal.events);
  } catch (error) {
    return (error as Error).message;
  }
}

function reportOf(
  ask: VerifyAsk,
  path: string,
  journal: ReadJournal,
  checks: readonly Check[],
  facts?: Facts,
): VerifyReport {
  return {
    repository: ask.repository,
    run: facts?.claims.run ?? ask.run ?? 'unknown',
    journal: path,
    ok: checks.every((check) => check.ok),
    counts: {
      entries: journal.entries,
      commits: facts?.commits.size ?? 0,
      landings: facts?.claims.moves.filter((m) => m.by === 'landing' || m.by === 'found').length ?? 0,
      tasks: facts?.claims.tasks.size ?? 0,
    },
    checks,
  };
}

function journalCheck(journal: ReadJournal, damage?: string): Check {
  const torn = journal.tornBytes > 0 ? `, and ${journal.tornBytes} bytes of a write that was cut short` : '';
  return {
    name: 'the journal is whole',
    promise: 'P7',
    ok: damage === undefined,
    detail: damage
      ? `${damage}; nothing else can be checked`
      : `${journal.entries} entries without a gap${torn}`,
  };
}

function runCheck(ask: VerifyAsk, { claims }: Facts): Check[] {
  if (ask.run === undefined || ask.run === claims.run) return [];
  const detail = `it is the journal of ${claims.run}, not of ${ask.run}`;
  return [{ name: 'the journal is this run’s', promise: 'P7', ok: false, detail }];
}

/** A measure that cannot be taken again, without a hub, is no check that was kept. */
function promises(facts: Facts): Check[] {
  const rules = RULES.filter((rule) => rule !== MEASURES || facts.branchPaths.size > 0);
  return rules.map(({ name, promise, examined, findings }) => {
    const found = findings(facts);
    return {
      name,
      promise,
      ok: found.length === 0,
      detail: found.length > 0 ? some(found) : examined(facts),
    };
  });
}
