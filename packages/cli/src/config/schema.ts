/**
 * The one schema of the configuration: every key with its description and default. Validation, the editor's
 * schema and docs/config.md all come from here. Written is what a person types; resolved is what code uses.
 */

import { BOUNDING_FIELDS, DIALECT_NAMES } from '@swarm/core/model/dialect';
import { REVIEWERS_MAX } from '@swarm/core/model/review';
import * as z from 'zod';
import { SANDBOX_NAMES } from './sandboxes.ts';
import { agent, roles } from './schema-agent.ts';
import { budget } from './schema-budget.ts';
import { journal } from './schema-journal.ts';
import { account, auth, keyed, NAME, NAME_EXPECTED } from './schema-keys.ts';
import { mcp } from './schema-mcp.ts';
import { notify } from './schema-notify.ts';
import { bytes, command, count, duration, hosts, isEndpointUrl, table, variable } from './schema-parts.ts';
import { secrets } from './schema-secrets.ts';
import { distribute, pipeline, planner } from './schema-tasks.ts';
import { verify } from './schema-verify.ts';

const workers = table('Who does the work, and how long an attempt may take.', {
  max: count(1, 1_000, 'Attempts that run at the same time.').default(8),
  attempts: count(1, 100, 'Attempts a task may use up before it ends as failed.').default(3),
  steps: count(
    1,
    10_000,
    'The most answers of the model in one attempt of driver `builtin`, over all its rounds.',
  ).default(150),
  tokens: count(
    10_000,
    1_000_000_000,
    'The most tokens of one attempt, sent and received, over all its rounds. Of a run with a token budget it is the most of an attempt’s share.',
  ).default(2_000_000),
  usd: z
    .number()
    .positive()
    .max(1_000_000)
    .describe('The most money of one attempt; needs a known price for every model used.')
    .optional(),
  timeout: duration('The most time one attempt may take.').default('30m'),
  pre_gate: z
    .boolean()
    .describe('Run the gate once in the workspace, so that what fails is fixed before it queues.')
    .default(true),
  notes: z
    .enum(['on', 'off'])
    .describe(
      '`on`: workers share short notes while they work, by a tool of driver `builtin` or by two files (docs/steering.md).',
    )
    .default('off'),
  sparse: z
    .enum(['off', 'on'])
    .describe(
      '`on`: the first attempt at a task checks out the folders of its scope only, where there is no setup to run: for huge repositories. Gate and `verify` always see every file.',
    )
    .default('off'),
  sandbox: z
    .enum(SANDBOX_NAMES)
    .describe(
      'What contains agents and gates. `auto` takes the first that works of the system’s own (bubblewrap on Linux, seatbelt on macOS) and, where it is configured, docker; without one it refuses. See docs/sandboxes.md.',
    )
    .default('auto'),
  memory: bytes(
    'The most memory the processes of one attempt may use together; also of setup and of the checks. Looked at four times a second.',
  ).default('4g'),
  disk: bytes('The most its workspace may hold.').default('10g'),
  processes: count(8, 1_000_000, 'The most processes one attempt may have at one time.').default(2_048),
});

const env = table('The environment attempts, gates and checks find prepared.', {
  setup: command(
    'Run once per lockfile, in the sandbox, on the base; what it leaves untracked is reused. `none`: no setup. Without it, found by lockfile.',
  ).optional(),
  network: z
    .enum(['base', 'work'])
    .describe(
      'Whose setup reaches the network. `base`: the one on the base alone, so that work which adds a dependency lands only where what it needs is in the caches already. `work`: that of work too, which runs what the work brings; `sandbox.setup_env` stays the base’s.',
    )
    .default('base'),
});

const boxProgram = (text: string) => z.array(z.string()).min(1).max(200).describe(text).optional();

const sandbox = table(
  'What of this machine a sandbox shows on top of the system. The operator’s to choose.',
  {
    mounts: z
      .array(
        z.string().regex(/^(?!.*:rw$)(\/|~\/)[^\0\n]{0,1000}$/, {
          error:
            'expected an absolute path or one below `~/`, such as `~/.nvm:ro`; nothing is shown writable',
        }),
      )
      .max(32)
      .describe(
        'Host folders shown read-only where they lie: toolchains below the home folder, such as `~/.nvm:ro`. Their programs are found when the folder of them is on your PATH.',
      )
      .default([]),
    env: z
      .array(variable)
      .max(64)
      .describe(
        'Variables of yours every agent, gate and setup is given, by name, such as `CARGO_HOME`. Agents read their values: nothing secret.',
      )
      .default([]),
    setup_env: z
      .array(variable)
      .max(64)
      .describe(
        'Variables only setup on the trusted base is given, the one command that reaches the network: registry tokens and proxies.',
      )
      .default([]),
    egress: hosts(
      'Hosts that setup may reach besides the registries of its package managers, wherever they lie: `host` for its ports 443 and 80, or `host:port`. `*` stands for everything public.',
    ),
    agent_egress: hosts(
      'Hosts that agents may reach, in the same words. Without it they reach nothing but the gateway; gates and `verify` never do. A host that is named here is one that code can be sent to.',
    ),
    docker: table(
      'Containers as the sandbox: `workers.sandbox = "docker"`, or what `auto` takes without bubblewrap.',
      {
        image: z
          .string()
          .regex(/^[a-z0-9][\w.:/@-]{0,500}$/i, { error: 'expected the name of an image, such as `node:24`' })
          .describe('The image commands run in. It has to be there: nothing is ever pulled.')
          .optional(),
        engine: z.enum(['docker', 'podman']).describe('The program that runs it.').default('docker'),
        cpus: z.number().min(0.1).max(1_024).describe('The most processors one command may use.').optional(),
      },
    ).optional(),
    command: table(
      'A sandbox of your own: `workers.sandbox = "command"`. Only in your own configuration, never in a repository’s. `{id}`, `{workspace}` and `{image}` are filled in; an argument with `{readonly}` or `{writable}` stands once for each path that is shown so.',
      {
        create: boxProgram('Makes a box; it is over when the box takes commands.'),
        exec: boxProgram(
          'Runs one program in it, which follows with its arguments; stdin, output and exit code are its own.',
        ),
        destroy: boxProgram(
          'Takes the box away, whatever runs in it. It is run again for what a killed swarm left.',
        ),
        image: z.string().trim().min(1).max(500).describe('What `{image}` stands for.').optional(),
      },
    ).optional(),
  },
);

const gate = table('The command that must pass before a change lands.', {
  command: command(
    'Run on every candidate; exit 0 lands it. `none`: land untested, and say so. Without it, found by manifest.',
  ).optional(),
  timeout: duration('The most time one run of the gate may take.').default('10m'),
  policy: z
    .enum(['batch', 'strict', 'none'])
    .describe(
      '`batch`: several handoffs are tested as one and land as one merge; a batch that fails is divided until the culprits are found. `strict`: each handoff is tested by a run of its own. `none`: nothing is tested.',
    )
    .default('batch'),
  parallel: count(1, 64, 'Candidates tested at the same time.').default(2),
  flaky_retries: count(0, 10, 'Times a failed gate is run again on the same tree before it counts.').default(
    1,
  ),
  memory: bytes(
    'The most memory the processes of one run may use together; more is `gate-killed`. Looked at four times a second.',
  ).default('4g'),
  disk: bytes('The most its workspace may hold.').default('10g'),
  processes: count(8, 1_000_000, 'The most processes one run may have at one time.').default(2_048),
  protect: z
    .array(z.string().trim().min(1).max(400))
    .max(200)
    .describe(
      'More files, as globs, that only a task whose scope names them may change. Protected always: `swarm.toml`, CI, hooks, settings of agents and editors, and what the gate runs.',
    )
    .default([]),
});

const checks = table('The full checks the reconciler runs on the head of the target.', {
  command: command('Without it, the gate.').optional(),
  min_interval: duration('The shortest pause between two runs of the checks.').default('1m'),
  max_interval: duration('The longest pause between two runs of the checks.').default('10m'),
  revert_after: count(
    0,
    10,
    'Failed fix tasks for one failure after which the landing that brought it is taken back. 0: never.',
  ).default(0),
});

const flag = (text: string) => z.boolean().describe(text).optional();

const profile = table(
  'What is known of models whose name fits the glob. It goes over the table swarm brings (`infra/models.json`), key by key; of several globs that fit, the longest wins.',
  {
    window: count(1_000, 100_000_000, 'Tokens of prompt and answer together.').optional(),
    max_output: count(1, 10_000_000, 'The most tokens of one answer; more is never asked for.').optional(),
    max_output_field: z
      .enum(['max_tokens', 'max_completion_tokens'])
      .describe('The name of that bound in dialect `chat`.')
      .optional(),
    reasoning_effort: z
      .string()
      .trim()
      .min(1)
      .max(40)
      .describe(
        'Asked for where a request says nothing of it, in the model’s own words; not in dialect `gemini`.',
      )
      .optional(),
    temperature: z.number().min(0).max(2).describe('Sent where a request says nothing of it.').optional(),
    first_byte: duration('How long the first byte of an answer may take; 10m without it.').optional(),
    idle: duration('The longest pause within an answer; 5m without it.').optional(),
    total: duration('How long one answer may take; 30m without it.').optional(),
    stream_options: flag('`false` for servers of dialect `chat` that refuse `stream_options`.'),
    parallel_tools: flag('`false` asks for one tool call an answer.'),
    text_tools: flag(
      '`true` for a model whose server takes no tools: the agent describes them in text, and reads its calls from its text.',
    ),
    cache: z
      .enum(['none', 'key', 'cache_control'])
      .describe(
        'How a server is told what it may keep of a prompt: by `prompt_cache_key`, by marks in the prompt, or not at all. Without it, requests of swarm’s own in dialect `messages` carry marks.',
      )
      .optional(),
    extra_body: z
      .record(z.string().min(1).max(100), z.unknown())
      .refine((extra) => Object.keys(extra).every((name) => !BOUNDING_FIELDS.has(name)), {
        error: 'expected other fields than the model, the prompt and what bounds an answer',
      })
      .describe('Fields added to every request as they stand, such as a router’s own.')
      .optional(),
  },
);

const model = (text: string) => z.string().trim().min(1).max(200).describe(text).optional();
const models = table('The model each role asks for; the name is sent as it stands.', {
  default: model('For every role that names none.'),
  planner: model('Breaks the request into tasks.'),
  worker: model('Does the tasks.'),
  reconciler: model('Turns failures of the checks into tasks.'),
  reviewer: model(
    'Votes on changes where `review.reviewers` asks for it; `roles.reviewer.model` goes before.',
  ),
  profiles: z
    .record(z.string().trim().min(1).max(200), profile)
    .describe('What is known of models, by a glob of their names.')
    .default({}),
});

const endpoint = table('A model server. Several share the load by weight and stand in for one another.', {
  name: z.string().regex(NAME, NAME_EXPECTED).describe('What log and report call it.'),
  base_url: z
    .string()
    .refine(isEndpointUrl, { error: 'expected an http or https URL without a user name or password in it' })
    .describe('Up to and with the version, such as `https://api.openai.com/v1`.'),
  ...keyed,
  auth,
  accounts: z
    .array(account)
    .min(1)
    .max(16)
    .describe(
      'Several keys of this server, each `{ name, key_env }` (or `key_file`, `key_command`; `auth`) with a quota of its own, in the order they are used up. Each counts as an endpoint called `<endpoint>/<account>`. See docs/quotas.md.',
    )
    .optional(),
  max_concurrent: count(
    1,
    10_000,
    'The most calls it is asked at the same time; what is more waits, the planner’s in front.',
  ).optional(),
  rate: count(1, 1_000_000, 'The most calls a minute, evenly spaced.').optional(),
  weight: count(0, 1_000, 'Its share of the calls; 0 is used only when no other answers.').default(100),
  dialect: z
    .enum(DIALECT_NAMES)
    .describe(
      'The protocol it speaks: OpenAI’s chat completions or responses, Anthropic’s messages, Google’s generateContent. Nothing is translated: an agent needs an endpoint of its own dialect; swarm’s own roles speak all but `gemini`.',
    )
    .default('chat'),
});

const scope = table('How tasks in flight keep out of one another’s files.', {
  overlap: z
    .enum(['serialize', 'warn', 'off'])
    .describe('What happens when the scopes of two tasks meet: wait, say so, or nothing.')
    .default('serialize'),
  outside: z
    .enum(['warn', 'hold'])
    .describe(
      'What happens when a change touches paths its task did not declare: said in log and report, or the handoff is rejected and the task tried again.',
    )
    .default('warn'),
});

const review = table('Votes on each change before it may land; see docs/votes.md.', {
  reviewers: count(0, REVIEWERS_MAX, 'Reviewers who are asked about each change; 0: nobody is.').default(0),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .describe(
      'The part of the votes, weighed by how sure each reviewer is, that must be for it. A tie rejects in any case.',
    )
    .default(0.6),
  quorum: count(
    1,
    REVIEWERS_MAX,
    'Reviewers who must have said something; an abstention, silence or no confidence at all is nothing said.',
  ).default(2),
  timeout: duration('The most time one reviewer may take; then it has said nothing.').default('15m'),
});

const deliver = table('Where the result goes.', {
  draft: z
    .boolean()
    .describe(
      'With `pr`: the pull request is opened as a draft, at the first landing, and made ready when the run is complete; a stack is opened so at the end. `swarm pr --until-green` makes it ready too.',
    )
    .default(false),
  to: z
    .enum(['branch', 'apply', 'push', 'pr'])
    .describe(
      '`branch`: the branch `swarm/<run>` and nothing else. `apply`: also fast-forward the target at the end. `push`: every landing to the remote’s target. `pr`: the branch is pushed after each landing, and one pull request is opened at the end.',
    )
    .default('branch'),
  sign: z
    .enum(['auto', 'never'])
    .describe(
      '`auto`: what lands is signed where your own git configuration says `commit.gpgsign`, by its key. `never`: it is not, for keys that ask somebody each time.',
    )
    .default('auto'),
});

const target = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .describe('The branch the work is for. Without it, the branch that is checked out.')
  .optional();

export const configSchema = z.strictObject({
  target,
  pipeline,
  planner: planner.prefault({}),
  workers: workers.prefault({}),
  distribute: distribute.prefault({}),
  env: env.prefault({}),
  sandbox: sandbox.prefault({}),
  gate: gate.prefault({}),
  checks: checks.prefault({}),
  verify: verify.prefault({}),
  budget: budget.prefault({}),
  models: models.prefault({}),
  endpoints: z.array(endpoint).max(64).describe('Model servers, one `[[endpoints]]` each.').default([]),
  agent: agent.prefault({}),
  roles,
  mcp: mcp.prefault({}),
  scope: scope.prefault({}),
  review: review.prefault({}),
  secrets: secrets.prefault({}),
  deliver: deliver.prefault({}),
  notify: notify.prefault({}),
  journal: journal.prefault({}),
});

/** With defaults filled in, in the written names. */
export type CompleteConfig = z.output<typeof configSchema>;
