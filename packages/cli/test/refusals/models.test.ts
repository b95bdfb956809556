/** What is refused before a model is asked anything: endpoints, keys, names, prices. */
import { nobody, serving, withModels } from './models.ts';
import { topic } from './refused.ts';

const { refused, end } = topic('models');
const RUN = ['run', 'do it', '--gate', 'true', '--setup', 'none'];

refused('none', 'without a model endpoint a request is refused', () => ({ args: RUN }));

refused('unreachable', 'an endpoint nobody listens on is refused', async () => ({
  args: RUN,
  env: { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: await nobody(), SWARM_MODEL: 'm' },
}));

refused('rejected-key', 'a rejected key is refused, and no part of it is shown', async (_, t) => ({
  args: RUN,
  env: {
    OPENAI_API_KEY: 'sk-very-secret',
    OPENAI_BASE_URL: await serving(t, 401, {
      error: { message: 'Incorrect API key provided: sk-very-secret' },
    }),
    SWARM_MODEL: 'm',
  },
}));

refused('failing', 'an endpoint that answers with a fault is refused with what it said', async (_, t) => ({
  args: RUN,
  env: {
    OPENAI_API_KEY: 'k',
    OPENAI_BASE_URL: await serving(t, 500, { error: { message: 'out of order' } }),
    SWARM_MODEL: 'm',
  },
}));

refused(
  'unknown-model',
  'a model the endpoint does not know is refused with the nearest it does',
  async (_, t) => ({
    args: RUN,
    env: { ...(await withModels(t, 'gpt-5', 'gpt-5-mini')), SWARM_MODEL: 'gtp-5' },
  }),
);

refused('no-model', 'a request for which no model is named is refused', async (_, t) => {
  const { SWARM_MODEL: _model, ...env } = await withModels(t, 'gpt-5');
  return { args: RUN, env };
});

refused('unpriced', 'a money budget for a model without a price is refused', async (_, t) => ({
  args: [...RUN, '--budget', '5usd'],
  env: await withModels(t, 'made-up-model'),
}));

refused('key-in-url', 'a key in an endpoint’s address is not repeated', () => ({
  args: RUN,
  env: { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://u:sk-very-secret@127.0.0.1:9/v1', SWARM_MODEL: 'm' },
}));

end();
