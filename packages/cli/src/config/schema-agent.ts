/** Who does the tasks: the agents, and the roles that tasks ask for. */
import { PRESET_NAMES } from '@swarm/agent';
import { CANDIDATES_MAX } from '@swarm/core/model/request';
import { isRoleName, TOOL_NAMES } from '@swarm/core/rules/roles';
import * as z from 'zod';
import { count, table } from './schema-parts.ts';

/** What a task is done by. */
export const DRIVER_NAMES = ['builtin', ...PRESET_NAMES, 'acp', 'command'] as const;

export const agent = table('The model loop inside an attempt.', {
  driver: z
    .enum(DRIVER_NAMES)
    .describe(
      'Our own loop, an agent that is installed here (docs/agents.md), any agent of the Agent Client Protocol, or any command.',
    )
    .default('builtin'),
  fallback: z
    .array(z.enum(DRIVER_NAMES))
    .max(16)
    .describe(
      'Drivers that stand in for it, in this order, once a provider says that a quota is used up. On the command line: `--agent claude,codex`.',
    )
    .default([]),
  models: z
    .partialRecord(z.enum(DRIVER_NAMES), z.string().trim().min(1).max(200))
    .describe(
      'The model of an agent, by the agent’s name; `models.worker` without it. Agents of several dialects mostly need several.',
    )
    .default({}),
  acp: table(
    'The agent of driver `acp`: one that speaks the Agent Client Protocol on its stdin and stdout.',
    {
      run: z
        .array(z.string())
        .min(1)
        .max(100)
        .describe('Program and arguments; `{model}` and `{workspace}` are filled in.'),
      mode: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .describe(
          'The mode its sessions are put into, by the agent’s own name for it, such as `yolo`. Leave it asks for is given in any mode.',
        )
        .optional(),
    },
  ).optional(),
  command: table('The command of driver `command`.', {
    run: z
      .array(z.string())
      .min(1)
      .max(100)
      .describe('Program and arguments; `{prompt_file}`, `{task_file}` and `{workspace}` are filled in.'),
  }).optional(),
});

const role = table(
  'A role that a task may ask for by `role`: `coder`, `researcher`, `reviewer`, `tester`, or one of your own. What it is told besides stands in `prompts/<role>.md`, yours in `.swarm/prompts`.',
  {
    agent: z
      .enum(DRIVER_NAMES)
      .describe('Who does its tasks; without it, the run’s own agent. A task’s own `agent` goes before.')
      .optional(),
    model: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .describe(
        'The model of its agent; without it, the one that agent has. Another agent, named by the task or standing in, keeps its own.',
      )
      .optional(),
    candidates: count(
      1,
      CANDIDATES_MAX,
      'So many try each of its tasks that change files, side by side, and the best of what they hand in lands; a task’s own `candidates` goes before. Without it, one. See docs/candidates.md.',
    ).optional(),
    agents: z
      .array(z.enum(DRIVER_NAMES))
      .min(1)
      .max(CANDIDATES_MAX)
      .describe(
        'Where several try a task, whose turn it is: the first agent, the second and so on, and again from the first. `agent` without it.',
      )
      .optional(),
    models: z
      .array(z.string().trim().min(1).max(200))
      .min(1)
      .max(CANDIDATES_MAX)
      .describe(
        'The same of models, each the model of the agent at its place in `agents`, where that names several. `model` without it.',
      )
      .optional(),
    tools: z
      .array(z.enum(TOOL_NAMES))
      .max(TOOL_NAMES.length)
      .describe(
        'The built-in agent’s tools it has, besides its plan and handing in; `mcp` stands for those of all servers. Without it, all; a `researcher`: `read`, `grep`, `glob`. Such a role is done by the built-in agent.',
      )
      .optional(),
  },
);

export const roles = z
  .record(
    z.string().refine(isRoleName, {
      error:
        'expected lower-case letters and `-`, at most 40, and no name of a prompt of swarm’s own such as `planner`',
    }),
    role,
  )
  .describe('Roles, by name: `[roles.reviewer]`.')
  .default({});
