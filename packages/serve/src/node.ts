/** Serves over `node:http`. */

export { type Listenable, type Listener, type ListenOptions, listen } from './node/listen.ts';
export { type FetchHandler, type NodeHandler, toNodeHandler } from './node/to-node-handler.ts';
