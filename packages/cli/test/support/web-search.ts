/** An MCP server with one tool, `web_search`: it asks the search engine at SEARCH_URL with SEARCH_KEY. */
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

const server = new McpServer({ name: 'web-search', version: '1.0.0' });

server.registerTool(
  'web_search',
  {
    description: 'Searches the web. Gives titles, addresses and a few words of each page.',
    inputSchema: z.object({ query: z.string().min(1).max(400) }),
  },
  async ({ query }) => {
    const url = new URL(process.env.SEARCH_URL ?? '');
    url.searchParams.set('q', query);
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${process.env.SEARCH_KEY}` },
      signal: AbortSignal.timeout(20_000),
    });
    if (!response.ok) throw new Error(`the search engine answers with ${response.status}`);
    return { content: [{ type: 'text', text: (await response.text()).slice(0, 20_000) }] };
  },
);

await server.connect(new StdioServerTransport());
