/** Whether a part of an address's path looks like a key: some gateways carry theirs there. */
export function isSecretSegment(segment: string): boolean {
  return PREFIXED.test(segment) || (/\d/.test(segment) && RANDOM.test(segment));
}

const PREFIXED = /^(sk|pk|key|token)[-_][\w-]{8,}$/i;

/** Names of models and deployments have dots and hyphens in between. */
const RANDOM = /[a-z\d]{20,}/i;
