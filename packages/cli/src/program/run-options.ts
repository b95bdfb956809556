/** Options of whatever begins a run: run, map, issue, watch. They mean the same everywhere. */
import { Option } from '@commander-js/extra-typings';
import { SANDBOX_WORDS } from '../config/sandbox-words.ts';
import { wholeNumber } from './parts.ts';

export const anyRepoOption = () =>
  new Option('--repo <path-or-url>', 'the repository; without it, the one you stand in');
export const targetOption = () => new Option('--target <branch>', 'the branch the work is for');
export const deliverOption = () => new Option('--deliver <to>', 'branch, apply, push or pr');
export const stackOption = () =>
  new Option('--stack', 'with --deliver pr: a pull request for each task, each on the one it depends on');
export const soloOption = () =>
  new Option('--solo', 'one worker does the whole request as one task; no planner is asked');
export const workersOption = () =>
  new Option('--workers <n>', 'attempts that run at the same time').argParser(wholeNumber);
export const depthOption = () =>
  new Option('--depth <n>', 'levels a task may be split into parts, 0 to 3').argParser(wholeNumber);
export const agentOption = () =>
  new Option(
    '--agent <names>',
    'who does the tasks: builtin, claude, codex …; more with commas stand in for it',
  );
export const gateOption = () =>
  new Option('--gate <command>', 'the command that must pass before a change lands; none for no gate');
export const setupOption = () =>
  new Option('--setup <command>', 'prepares the environment; none for no setup');
export const sandboxOption = () => new Option('--sandbox <provider>', SANDBOX_WORDS);
export const setupNetworkOption = () =>
  new Option('--setup-network <whose>', 'base: only the base’s setup has network; work: that of work too');
export const budgetOption = () =>
  new Option('--budget <limit>', 'the most it may use up: 5usd, 2Mtok, or both with a comma');
export const timeOption = () => new Option('--time <duration>', 'the most time it may take: 90s, 30m, 2h');
export const reviewersOption = () =>
  new Option('--reviewers <n>', 'how many vote on each change before it may land; 0 for none').argParser(
    wholeNumber,
  );
export const fixRedOption = () =>
  new Option('--fix-red', 'begin though the gate fails on the base and nobody can tell its failures apart');
export const approveOption = () =>
  new Option('--approve', 'show the plan, and start nothing before you say yes; a later plan goes ahead');
export const yesOption = () => new Option('--yes', 'say yes to the plan beforehand');
export const dryRunOption = () =>
  new Option('--dry-run', 'show the plan and what would run, and start nothing; a planner is asked once');
export const strictOption = () =>
  new Option('--strict', 'exit 0 only when everything that landed, and every criterion, was also verified');
export const trustRepoOption = () =>
  new Option('--trust-repo', 'trust what the repository configures, as it is now');
export const reportJsonOption = () => new Option('--json', 'the report as JSON');
