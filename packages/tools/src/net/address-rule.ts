import { isIP } from 'node:net';
import { ConfigError } from '@pawl/core';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Block = [Address, number];

/** Blocks that look public and are not: metadata services, relays, documentation. */
const RESERVED_BLOCKS: readonly Block[] = [
  '168.63.129.16/32', // Azure's virtual machines reach their host here.
  '192.0.0.0/24', // RFC 6890
  '192.88.99.0/24', // RFC 7526, relays of 6to4
  '198.18.0.0/15', // RFC 2544, benchmarks
  '2001::/23', // RFC 2928, protocols
  '2001:db8::/32', // RFC 3849, documentation
  '3fff::/20', // RFC 9637, documentation
].map((block) => ipaddr.parseCIDR(block));

/** The block of public IPv6 addresses (RFC 4291, 2.4). Other blocks are reserved or have another meaning. */
const GLOBAL_IPV6: Block = ipaddr.parseCIDR('2000::/3');

/** Decides which addresses requests may reach. */
export class AddressRule {
  readonly #allowed: readonly Block[];

  /** @throws ConfigError if a text is not an address or a block of addresses. */
  constructor(allowed: readonly string[], tool: string) {
    this.#allowed = allowed.map((text) => parseBlock(text, tool));
  }

  /** Whether an address is public, or listed. An invalid address is not allowed. */
  isAllowed(text: string): boolean {
    // `isIP` accepts zone names that the parser refuses.
    if (isIP(text) === 0 || !ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text); // Converts an IPv4-mapped IPv6 address to IPv4.
    if (this.#allowed.some((block) => isIn(address, block))) return true;
    return isPublic(address);
  }
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false; // Not public: loopback, private, link-local, multicast, NAT64, 6to4, Teredo …
  if (RESERVED_BLOCKS.some((block) => isIn(address, block))) return false;
  return address.kind() === 'ipv4' || isIn(address, GLOBAL_IPV6);
}

function isIn(address: Address, [network, bits]: Block): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function parseBlock(text: string, tool: string): Block {
  try {
    return text.includes('/') ? ipaddr.parseCIDR(text) : [ipaddr.parse(text), isIP(text) === 4 ? 32 : 128];
  } catch {
    throw new ConfigError(
      `Tool "${tool}": allowAddresses has ${JSON.stringify(text)}, which is not an address. Pass "127.0.0.1" or a block such as "10.1.0.0/16".`,
    );
  }
}
