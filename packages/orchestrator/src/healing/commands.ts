/** Commands that may end with their first failure, so that a part of them never ran. */

/** Flags by which a runner ends with its first failure; some say nothing of it. */
const STOP_FLAGS = [
  /(?:^|\s)--bail(?![\w-])(?!(?:=| )(?:0|false)\b)/,
  /(?:^|\s)--?fail-?fast\b(?!=false)/,
  /(?:^|\s)--(?:exitfirst|maxfail|max-failures|stop-on-\w+|stopOnFail\w*|gtest_fail_fast)\b/,
  /\bpy\.?test\b.*\s-(?!r)[a-wyz]*x/,
  /\bunittest\b.*\s-[a-eg-z]*f\b/,
  /\b(?:mocha|vitest)\b.*\s-b\b/,
  /\bplaywright\b.*\s-x\b/,
  /\bgradlew?\b(?!.*--continue\b)/,
  /\bmvnw?\b.*\s(?:package|verify|install|deploy)\b/,
  /\b(?:run-s|npm-run-all)\b(?!.*--continue-on-error\b)/,
  // Nobody can see what a script does after a failure.
  /(?:^|[\s/])[\w.-]+\.(?:ba)?sh(?:\s|$)/,
];
/** Parts of a command that prepare and are told apart from what is tested. */
const PREPARES =
  /^[({\s]*(?:cd|export|source|\.|mkdir|test|\[|true|echo|printf|exit|git|rm|cp|ln|corepack|nvm|(?:npm|pnpm|yarn|bun) (?:ci|i|install)|pip3? install|bundle install|composer install|\w+=\S*$)(?:\s|$|[)};])/;
const TESTS =
  /\b(?:tests?|spec|check|verify|jest|vitest|mocha|ava|tap|jasmine|playwright|pytest|unittest|rspec|minitest|phpunit|ctest|nextest|exunit)\b/;

/**
 * Whether a failure of this command may have kept a part of it from running. Of several parts only the last may have
 * failed for that, which is known when it alone runs tests and tests are what failed.
 */
export function mayStop(command: string, areTests: boolean): boolean {
  if (STOP_FLAGS.some((flag) => flag.test(command))) return true;
  const parts = command
    .slice(0, 10_000)
    .split(/&&|\|\||;|\n/)
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^[)}]+$/.test(part) && !/^set\s/.test(part) && !PREPARES.test(part));
  if (parts.length <= 1) return false;
  return !areTests || !TESTS.test(parts.at(-1)!) || parts.slice(0, -1).some((part) => TESTS.test(part));
}

/** A command as npm, pnpm, yarn or bun print it before they run it. */
export const echoed = (line: string): string | undefined => /^(?:> |\$ )(\S.{0,2000})$/.exec(line)?.[1];
