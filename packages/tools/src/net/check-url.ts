import { isIP } from 'node:net';
import { ToolError } from '@pawl/core';
import { sliceStart } from '../base/whole-characters.ts';
import type { AddressRule } from './address-rule.ts';

export interface UrlRule {
  readonly addresses: AddressRule;
  readonly ports: readonly number[];
}

const MAX_LENGTH = 4_096;

/** A model's address, as something that may be asked; its host's addresses are checked when they are known. */
export function checkUrl(text: string, { addresses, ports }: UrlRule): URL {
  if (text.length > MAX_LENGTH) throw new ToolError(`The address is longer than ${MAX_LENGTH} characters.`);
  if (!URL.canParse(text))
    throw new ToolError(
      `${JSON.stringify(sliceStart(text, 200))} is no address. Pass a whole one: https://example.com/page.`,
    );
  const url = new URL(text);
  url.hash = '';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ToolError(`${url.protocol} addresses are not asked. Pass one that begins with https: or http:.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ToolError('The address has a user name or a password in it. Leave them out.');
  }
  const port = getPort(url);
  if (!ports.includes(port)) throw new ToolError(`Port ${port} is not asked. These are: ${ports.join(', ')}.`);
  checkAddressLiteral(url, addresses);
  return url;
}

/** An address in place of a name: nobody looks it up, so it is checked here. */
export function checkAddressLiteral({ hostname }: URL, addresses: AddressRule): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !addresses.isAllowed(literal)) throw createBlockedError(hostname);
}

export function getPort({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

export function createBlockedError(host: string): ToolError {
  return new ToolError(`${host} may not be reached: it is in a network that is not public.`);
}
