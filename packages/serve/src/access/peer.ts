/** What a Node listener knows of a request beyond its `Request`. */
export interface Peer {
  /** The address of the other end of the socket. */
  readonly address: string | undefined;
  /** The `Host` header as it was sent; `''` if there was none. */
  readonly host: string;
  /**
   * Takes the pieces of the body, in place of the body of the `Request`, whose stream costs more than the rest of a small request. Returns `undefined`
   * if that stream was read, for example by `authorize` of a clone.
   */
  readonly takeBody?: () => AsyncIterable<Uint8Array> | undefined;
}

const peers = new WeakMap<Request, Peer>();

/** Called by the Node listener before the server gets the request. */
export function setPeer(request: Request, peer: Peer): void {
  peers.set(request, peer);
}

/** Returns `undefined` for a request that came through `fetch` alone. */
export function getPeer(request: Request): Peer | undefined {
  return peers.get(request);
}

/** Whether an address of a socket belongs to this machine. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i.test(address);
}
