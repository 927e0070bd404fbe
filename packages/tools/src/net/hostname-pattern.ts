import { ConfigError } from '@pawl/core';

/** A hostname such as `example.com`, or `*.example.com` for every name below it. */
export type HostnamePattern = string;

const PATTERN = /^(\*\.)?([a-z0-9_-]+\.)*[a-z0-9_-]+$|^\[[0-9a-f:.]+\]$|^[0-9.]+$/;

/** @throws ConfigError if the list is empty, or a pattern is invalid. */
export function checkHostnames(patterns: readonly HostnamePattern[], tool: string): void {
  const list: unknown = patterns;
  if (!Array.isArray(list)) {
    throw new ConfigError(
      `Tool "${tool}" needs hostnames, and got ${JSON.stringify(list) ?? 'none'}. Pass a list of names, such as ["example.com"].`,
    );
  }
  const wrong = list.findIndex((each) => typeof each !== 'string' || !PATTERN.test(each));
  if (wrong === -1 && list.length > 0) return;
  throw new ConfigError(
    `Tool "${tool}": ${JSON.stringify(list[wrong]) ?? 'an empty list'} is not a hostname. Pass names in lower case, such as "example.com" or "*.example.com".`,
  );
}

/** Whether a hostname matches a pattern. It is in the form that `URL` returns: lower case, Punycode. */
export function matchesHostname(hostname: string, patterns: readonly HostnamePattern[]): boolean {
  const name = hostname.replace(/\.$/, '');
  return patterns.some((pattern) => (pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern));
}
