import { isIP } from 'node:net';
import { ToolError } from '@pawl/core';
import { sliceStart } from '../base/whole-characters.ts';
import type { AddressRule } from './address-rule.ts';

export interface UrlRule {
  readonly addresses: AddressRule;
  readonly ports: readonly number[];
}

const MAX_LENGTH = 4_096;

/** Parses and checks a model's address. The addresses of its hostname are checked later, when they are looked up. */
export function checkUrl(text: string, { addresses, ports }: UrlRule): URL {
  if (text.length > MAX_LENGTH)
    throw new ToolError(`The address is longer than ${MAX_LENGTH} characters. Pass a shorter one.`);
  if (!URL.canParse(text))
    throw new ToolError(
      `${JSON.stringify(sliceStart(text, 200))} is not an address. Pass a full one: https://example.com/page.`,
    );
  const url = new URL(text);
  url.hash = '';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ToolError(`${url.protocol} is not supported. Pass an address that starts with https: or http:.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ToolError('The address contains a user name or a password. Remove them.');
  }
  const port = getPort(url);
  if (!ports.includes(port))
    throw new ToolError(`Port ${port} is not allowed. Use one of these ports: ${ports.join(', ')}.`);
  checkAddressLiteral(url, addresses);
  return url;
}

/** Checks a hostname that is an IP address: it is not looked up, so the lookup cannot check it. */
export function checkAddressLiteral({ hostname }: URL, addresses: AddressRule): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !addresses.isAllowed(literal)) throw createBlockedError(hostname);
}

export function getPort({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

export function createBlockedError(hostname: string): ToolError {
  return new ToolError(`${hostname} is not allowed: it is in a private network. Use a public hostname.`);
}
