import type { Face, ServeSettings } from './options.ts';

/** A route with what a request may do there. */
export interface Route {
  /** With placeholders: `/v1/runs/{id}`. */
  readonly template: string;
  readonly face: 'models' | 'chat' | 'runs' | 'conversations' | 'ui' | 'responses' | 'none';
  readonly methods: readonly string[];
  /** The segments behind `basePath`, decoded. */
  readonly segments: readonly string[];
}

/** Finds the route of a path. A path that is none has the face `none`. */
export function findRoute(pathname: string, settings: Pick<ServeSettings, 'basePath' | 'faces' | 'ui'>): Route {
  const { basePath, faces, ui } = settings;
  const path =
    pathname === basePath || pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : undefined;
  const segments = path === undefined ? undefined : decodeSegments(path);
  const found = segments === undefined || path === undefined ? undefined : matchRoute(segments, path, ui);
  if (found === undefined || segments === undefined) return NONE;
  const isOff = isFace(found.face) && !faces.includes(found.face);
  return isOff ? NONE : { ...found, segments };
}

const ALL_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const NONE: Route = { template: 'unknown', face: 'none', methods: ALL_METHODS, segments: [] };

function isFace(face: Route['face']): face is Face {
  return face !== 'models' && face !== 'conversations' && face !== 'none';
}

/** Decodes a path; `undefined` if it is not valid. */
function decodeSegments(path: string): readonly string[] | undefined {
  try {
    const segments = path.split('/').slice(1);
    return path.includes('%') ? segments.map(decodeURIComponent) : segments;
  } catch {
    return undefined;
  }
}

type FoundRoute = Omit<Route, 'segments'>;

function matchRoute(segments: readonly string[], path: string, ui: string): FoundRoute | undefined {
  if (path === '/healthz') return { template: '/healthz', face: 'none', methods: ['GET', 'HEAD'] };
  if (path === ui) return { template: ui, face: 'ui', methods: ['POST'] };
  if (path.startsWith(`${ui}/`) && path.endsWith('/stream') && segments.length === ui.split('/').length + 1) {
    return { template: `${ui}/{chat}/stream`, face: 'ui', methods: ['GET', 'DELETE'] };
  }
  const [version, first, id, action] = segments;
  if (version !== 'v1' || segments.some((each) => each === '')) return undefined;
  switch (first) {
    case 'models':
      if (id === undefined) return { template: '/v1/models', face: 'models', methods: ['GET'] };
      return { template: '/v1/models/{id}', face: 'models', methods: ['GET'] };
    case 'chat':
      if (id !== 'completions' || segments.length > 4) return undefined;
      if (action === undefined) return { template: '/v1/chat/completions', face: 'chat', methods: ['POST'] };
      return { template: '/v1/chat/completions/{id}', face: 'chat', methods: ['GET'] };
    case 'conversations':
      if (id === undefined || segments.length > 3) return undefined;
      return { template: '/v1/conversations/{id}', face: 'conversations', methods: ['GET'] };
    case 'runs':
      return matchRun(segments);
    case 'responses':
      return matchResponse(segments);
  }
  return undefined;
}

function matchResponse([, , id, action, ...more]: readonly string[]): FoundRoute | undefined {
  if (more.length > 0) return undefined;
  if (id === undefined) return { template: '/v1/responses', face: 'responses', methods: ['POST'] };
  const template = `/v1/responses/{id}${action === undefined ? '' : `/${action}`}`;
  switch (action) {
    case undefined:
      return { template, face: 'responses', methods: ['GET', 'DELETE'] };
    case 'cancel':
      return { template, face: 'responses', methods: ['POST'] };
    case 'input_items':
      return { template, face: 'responses', methods: ['GET'] };
  }
  return undefined;
}

function matchRun([, , id, action, ...more]: readonly string[]): FoundRoute | undefined {
  if (more.length > 0) return undefined;
  if (id === undefined) return { template: '/v1/runs', face: 'runs', methods: ['GET', 'POST'] };
  const template = `/v1/runs/{id}${action === undefined ? '' : `/${action}`}`;
  switch (action) {
    case undefined:
      return { template, face: 'runs', methods: ['GET', 'DELETE'] };
    case 'events':
      return { template, face: 'runs', methods: ['GET'] };
    case 'answers':
    case 'messages':
    case 'cancel':
    case 'resume':
    case 'fork':
      return { template, face: 'runs', methods: ['POST'] };
  }
  return undefined;
}
