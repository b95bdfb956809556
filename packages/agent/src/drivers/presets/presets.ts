/**
 * The agents people already have, one row each. A row says what was tried with the version it names: docs/agents.md. Each
 * agent's own sandbox, approvals, updates and telemetry are off, as the sandbox contains it and nothing but the gateway
 * answers it.
 */
import type { Preset, PresetName, Processor } from './preset.ts';
import { readClaude, readCodex, readCopilot, readGemini, readOpencode, readPi } from './streams.ts';

const TRIPLES: Readonly<Record<Processor, string>> = {
  x64: 'x86_64-unknown-linux-musl',
  arm64: 'aarch64-unknown-linux-musl',
};

const claude: Preset = {
  name: 'claude',
  program: 'claude',
  npm: {
    package: '@anthropic-ai/claude-code',
    version: '2.1.332',
    programs: (cpu) => [`@anthropic-ai/claude-code-linux-${cpu}/claude`],
  },
  dialect: 'messages',
  start: ({ model }) => ({
    args: [
      ...['-p', '--bare', '--model', model, '--output-format', 'stream-json', '--verbose'],
      ...['--no-session-persistence', '--dangerously-skip-permissions', '--setting-sources', ''],
    ],
    // As root it skips permissions only where it is told that a sandbox is around it.
    env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', IS_SANDBOX: '1' },
    files: {},
  }),
  read: readClaude,
  shellCall: (command) => ({ name: 'Bash', arguments: { command } }),
};

const codex: Preset = {
  name: 'codex',
  program: 'codex',
  npm: {
    package: '@openai/codex',
    version: '0.171.0',
    programs: (cpu) => [`@openai/codex-linux-${cpu}/vendor/${TRIPLES[cpu]}/bin/codex`],
  },
  dialect: 'responses',
  start: ({ model, windowTokens }) => ({
    args: [
      ...['exec', '--json', '--ephemeral', '--ignore-user-config', '--skip-git-repo-check'],
      ...['--dangerously-bypass-approvals-and-sandbox', '-m', model, '-c', 'model_provider="swarm"'],
      ...[
        '-c',
        'model_providers.swarm={name="swarm",base_url="{gateway}/v1",env_key="OPENAI_API_KEY",wire_api="responses"}',
      ],
      ...(windowTokens === undefined ? [] : ['-c', `model_context_window=${windowTokens}`]),
      ...['-c', 'check_for_update_on_startup=false', '-c', 'analytics.enabled=false', '-'],
    ],
    env: {},
    files: {},
  }),
  read: readCodex,
  shellCall: (command) => ({ name: 'exec_command', arguments: { cmd: command } }),
};

/** Both of the one family: what of their settings they share. */
const GOOGLE_SETTINGS = {
  general: { disableAutoUpdate: true, enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
};

const gemini: Preset = {
  name: 'gemini',
  program: 'gemini',
  npm: {
    package: '@google/gemini-cli',
    version: '0.61.0',
    programs: () => ['@google/gemini-cli/bundle/gemini.js'],
  },
  dialect: 'gemini',
  start: ({ model }) => ({
    args: ['-m', model, '--yolo', '--skip-trust', '-o', 'stream-json'],
    env: { GEMINI_API_KEY: '{token}', GOOGLE_GEMINI_BASE_URL: '{gateway}' },
    files: {
      '.gemini/settings.json': JSON.stringify({
        ...GOOGLE_SETTINGS,
        security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
      }),
    },
  }),
  read: readGemini,
  shellCall: (command) => ({ name: 'run_shell_command', arguments: { command } }),
};

const opencode: Preset = {
  name: 'opencode',
  program: 'opencode',
  npm: {
    package: 'opencode-ai',
    version: '1.18.33',
    programs: (cpu) => [`opencode-linux-${cpu}/bin/opencode`],
  },
  dialect: 'chat',
  start: ({ model, windowTokens }) => ({
    args: ['run', '--format', 'json', '--pure', '--title', 'swarm'],
    env: {
      ...off(
        ...['AUTOUPDATE', 'MODELS_FETCH', 'LSP_DOWNLOAD', 'DEFAULT_PLUGINS', 'SHARE', 'PROJECT_CONFIG'].map(
          (what) => `OPENCODE_DISABLE_${what}`,
        ),
      ),
      OPENCODE_CONFIG: '{home}/opencode.json',
    },
    files: { 'opencode.json': JSON.stringify(opencodeConfig(model, windowTokens)) },
  }),
  read: readOpencode,
  shellCall: (command) => ({ name: 'bash', arguments: { command, description: 'run it' } }),
};

function opencodeConfig(model: string, windowTokens: number | undefined): object {
  const known = windowTokens !== undefined && { limit: { context: windowTokens, output: 16_384 } };
  const provider = {
    npm: '@ai-sdk/openai-compatible',
    name: 'swarm',
    options: { baseURL: '{gateway}/v1', apiKey: '{env:OPENAI_API_KEY}' },
    models: { [model]: { name: model, ...known } },
  };
  return {
    autoupdate: false,
    share: 'disabled',
    permission: 'allow',
    enabled_providers: ['swarm'],
    provider: { swarm: provider },
    model: `swarm/${model}`,
    small_model: `swarm/${model}`,
  };
}

const qwen: Preset = {
  name: 'qwen',
  program: 'qwen',
  npm: {
    package: '@qwen-code/qwen-code',
    version: '0.24.4',
    programs: () => ['@qwen-code/qwen-code/cli-entry.js'],
  },
  dialect: 'chat',
  start: ({ model }) => ({
    args: [
      ...['--bare', '--auth-type', 'openai', '-m', model, '--yolo', '-o', 'stream-json'],
      ...['--chat-recording', 'false'],
    ],
    env: { QWEN_CODE_SUPPRESS_YOLO_WARNING: '1' },
    files: { '.qwen/settings.json': JSON.stringify(GOOGLE_SETTINGS) },
  }),
  read: readClaude,
  shellCall: (command) => ({ name: 'run_shell_command', arguments: { command } }),
};

const copilot: Preset = {
  name: 'copilot',
  program: 'copilot',
  npm: {
    package: '@github/copilot',
    version: '1.0.102',
    programs: (cpu) => [`@github/copilot-linux-${cpu}/copilot`],
  },
  dialect: 'chat',
  start: ({ model }) => ({
    args: ['--yolo', '--no-ask-user', '--disable-client-telemetry', '--output-format', 'json'],
    env: {
      COPILOT_OFFLINE: 'true',
      COPILOT_AUTO_UPDATE: 'false',
      COPILOT_PROVIDER_BASE_URL: '{gateway}/v1',
      COPILOT_PROVIDER_API_KEY: '{token}',
      COPILOT_MODEL: model,
      COPILOT_HOME: '{home}/.copilot',
    },
    files: {},
  }),
  read: readCopilot,
  shellCall: (command) => ({ name: 'bash', arguments: { command, description: 'run it' } }),
};

const pi: Preset = {
  name: 'pi',
  program: 'pi',
  npm: {
    package: '@earendil-works/pi-coding-agent',
    version: '1.6.0',
    programs: () => ['@earendil-works/pi-coding-agent/dist/bundle/cli.js'],
  },
  dialect: 'chat',
  start: ({ model, windowTokens }) => ({
    args: [
      ...['-p', '--mode', 'json', '--offline', '--no-session', '--no-approve', '--no-extensions', '--no-mcp'],
      ...['--no-skills', '--no-prompt-templates', '--no-themes', '--no-context-files'],
      ...['--provider', 'swarm', '--model', model],
    ],
    env: {
      PI_CODING_AGENT_DIR: '{home}/.pi/agent',
      PI_OFFLINE: '1',
      PI_SKIP_VERSION_CHECK: '1',
      PI_TELEMETRY: '0',
    },
    files: {
      '.pi/agent/models.json': JSON.stringify({
        providers: {
          swarm: {
            baseUrl: '{gateway}/v1',
            api: 'openai-completions',
            apiKey: '$OPENAI_API_KEY',
            models: [{ id: model, ...(windowTokens !== undefined && { contextWindow: windowTokens }) }],
          },
        },
      }),
    },
  }),
  read: readPi,
  shellCall: (command) => ({ name: 'bash', arguments: { command } }),
};

const off = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '1']));

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  claude,
  codex,
  gemini,
  opencode,
  qwen,
  copilot,
  pi,
};
