/** The script that starts an agent: only inside the sandbox is it known where the home and the gateway are. */
import type { Start } from './preset.ts';

/** @param argv program and arguments before the row's own. @param prompt path of the prompt, as the script sees it. */
export function launcherText(argv: readonly string[], { args, env, files }: Start, prompt: string): string {
  const written = Object.entries(files).flatMap(([path, text]) => {
    const at = word(`{home}/${path}`);
    return [`mkdir -p "$(dirname ${at})"`, `printf '%s' ${word(text)} > ${at}`];
  });
  const named = Object.entries(env).map(([name, value]) => `export ${name}=${word(value)}`);
  const command = [...argv, ...args].map(word).join(' ');
  return ['set -eu', ...written, ...named, `exec ${command} < ${word(prompt)}`, ''].join('\n');
}

const PLACES: Readonly<Record<string, string>> = {
  gateway: '$SWARM_GATEWAY_URL',
  token: '$OPENAI_API_KEY',
  home: '$HOME',
};

/** One word of the shell's, with what stands for a place filled in by it. */
const word = (text: string): string =>
  `'${text.replaceAll("'", `'\\''`).replaceAll(/\{(gateway|token|home)\}/g, (_, name: string) => `'"${PLACES[name]}"'`)}'`;
