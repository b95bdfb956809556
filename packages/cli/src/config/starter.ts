/** The swarm.toml `swarm init` writes: what the project decides, and where the rest belongs. */

export interface Starter {
  readonly gate?: string | undefined;
  readonly setup?: string | undefined;
  /** What they were found by, in words. */
  readonly found: readonly string[];
  readonly workers: number;
}

/** A whole file. It sets nothing that needs the operator's trust. */
export function starterToml({ gate, setup, found, workers }: Starter): string {
  const by = found.length > 0 ? `   # found by ${oneLine(found.join(', '))}` : '';
  return `# What swarm knows of this project. Every key: docs/config.md, or \`swarm schema config\`.
# Models, endpoints and agents are each operator's own: ~/.config/swarm/config.toml, or
# OPENAI_API_KEY, OPENAI_BASE_URL and SWARM_MODEL. \`swarm doctor --config\` says what counts and why.

# The branch the work is for; without it, the one that is checked out.
# target = "main"

[gate]
# Must pass before a change lands. It runs without a network, on every candidate.
${gate === undefined ? '# command = "make test"' : `command = ${toml(gate)}${by}`}
# timeout = "10m"

[env]
# Run once for each lockfile; what it leaves untracked is there for agents and gate. It reaches the registries of its
# package managers and no other host: those are each operator's to name, as sandbox.egress.
${setup === undefined ? '# setup = "npm ci"' : `setup = ${toml(setup)}`}

[checks]
# Slower checks that run on the result now and then, beside the landings; without them, the gate.
# command = "make check"

[workers]
# Attempts at the same time. An operator may have fewer, and a flag says so for one run.
max = ${workers}
`;
}

/** A TOML basic string: JSON's escapes are among TOML's, but for DEL. */
const toml = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f');
/** A comment ends with its line, and may hold no control character. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');
