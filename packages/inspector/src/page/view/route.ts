/** What the page shows. The fragment of its address has all of it, so that a link can be shared on one machine. */
export type Route =
  | { readonly screen: 'runs'; readonly filter: RunsFilter }
  | { readonly screen: 'inbox' }
  | { readonly screen: 'agents' }
  | { readonly screen: 'agent'; readonly name: string }
  | { readonly screen: 'run'; readonly runId: string }
  | { readonly screen: 'turn'; readonly runId: string; readonly path: string; readonly turn: number }
  | { readonly screen: 'wire'; readonly runId: string; readonly exchange?: number }
  | { readonly screen: 'fork'; readonly runId: string; readonly before?: string; readonly beside?: string };

export interface RunsFilter {
  readonly status?: string;
  readonly agent?: string;
  readonly conversation?: string;
  /** Searched in ids, texts and metadata. */
  readonly text?: string;
}

export const HOME: Route = { screen: 'runs', filter: {} };

/** Formats the fragment of a route: `#/run/ID/turn/3`. */
export function formatRoute(route: Route): string {
  switch (route.screen) {
    case 'runs':
      return `#/runs${formatQuery({ ...route.filter })}`;
    case 'inbox':
      return '#/inbox';
    case 'agents':
      return '#/agents';
    case 'agent':
      return `#/agent/${encodeURIComponent(route.name)}`;
    case 'run':
      return formatRunRoute(route.runId);
    case 'turn':
      return `${formatRunRoute(route.runId)}/turn/${route.turn}${formatQuery({ path: route.path || undefined })}`;
    case 'wire':
      return `${formatRunRoute(route.runId)}/wire${route.exchange === undefined ? '' : `/${route.exchange}`}`;
    case 'fork':
      return `${formatRunRoute(route.runId)}/fork${formatQuery({ before: route.before, beside: route.beside })}`;
  }
}

function formatRunRoute(runId: string): string {
  return `#/run/${encodeURIComponent(runId)}`;
}

function formatQuery(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** Parses the fragment of an address. One that is no route is the list of runs. */
export function parseRoute(fragment: string): Route {
  const [path = '', query = ''] = fragment.replace(/^#\/?/, '').split('?');
  const [screen, id, part, detail] = path.split('/').map(decode);
  const fields = new URLSearchParams(query);
  switch (screen) {
    case 'runs':
      return { screen, filter: readFields(fields, ['status', 'agent', 'conversation', 'text']) };
    case 'inbox':
    case 'agents':
      return { screen };
    case 'agent':
      return id ? { screen, name: id } : HOME;
    case 'run':
      return id ? parseRunRoute({ runId: id, part, detail: Number(detail), fields }) : HOME;
  }
  return HOME;
}

interface RunRouteParts {
  readonly runId: string;
  readonly part: string | undefined;
  readonly detail: number;
  readonly fields: URLSearchParams;
}

function parseRunRoute({ runId, part, detail, fields }: RunRouteParts): Route {
  const isCounted = Number.isInteger(detail) && detail > 0;
  if (part === 'turn' && isCounted) return { screen: 'turn', runId, path: fields.get('path') ?? '', turn: detail };
  if (part === 'wire') return { screen: 'wire', runId, ...(isCounted && { exchange: detail }) };
  if (part === 'fork') return { screen: 'fork', runId, ...readFields(fields, ['before', 'beside']) };
  return { screen: 'run', runId };
}

function readFields<Name extends string>(
  fields: URLSearchParams,
  names: readonly Name[],
): { readonly [Field in Name]?: string } {
  const found = names.flatMap((name) => {
    const value = fields.get(name);
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found) as { [Field in Name]?: string }; // The names are those of the list.
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}
