/** The rules, by the names they are told by and allowed by. */

const PREFIX = '@secretlint/secretlint-rule-';

/** Every rule of the preset that is used; held against it by a test. */
export const RULE_NAMES = [
  '1password',
  'anthropic',
  'aws',
  'basicauth',
  'cloudflare',
  'database-connection-string',
  'databricks',
  'docker',
  'figma',
  'gcp',
  'github',
  'gitlab',
  'grafana',
  'groq',
  'hashicorp-vault',
  'huggingface',
  'linear',
  'notion',
  'npm',
  'openai',
  'privatekey',
  'sendgrid',
  'shopify',
  'slack',
  'stripe',
  'tailscale',
  'vercel',
] as const;

export const ruleName = (id: string): string => id.replace(PREFIX, '');
/** Would let whoever writes a text turn the rules off in it. */
export const isLeftOut = (name: string): boolean => name === 'filter-comments';
