import { createInspector, type Inspector } from './inspector.ts';
import { type InspectUrlOptions, readUrlOptions } from './options.ts';
import { RemoteSource } from './source/remote-source.ts';

/**
 * Makes a page for the runs of another server, by its runs API (`serve()` of `@pawl/serve`, best with `details: true`). Requests are forwarded with the
 * token, so that the page talks to its own origin only. It shows what the token's principal may see, without requests to models and agents.
 *
 * @throws ConfigError for invalid options, and for a token that would be sent to another machine without encryption
 *
 * @example
 * const inspector = inspectUrl('https://agents.example.com', { token: process.env.PAWL_TOKEN });
 */
export function inspectUrl(url: string | URL, options: InspectUrlOptions = {}): Inspector {
  const checked = readUrlOptions(options);
  const source = new RemoteSource(url, checked);
  const { title = new URL(url).host } = checked;
  return createInspector(source, {
    options: { ...checked, title },
    host: { close: async () => undefined },
  });
}
