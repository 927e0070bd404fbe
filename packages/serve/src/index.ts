export type { Principal } from './access/principal.ts';
export type { Handle, RequestContext } from './context.ts';
export { type Server, serve } from './serve.ts';
