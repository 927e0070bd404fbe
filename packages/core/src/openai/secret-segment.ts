/** Whether a segment of a URL path looks like a key: some gateways have the key there. */
export function isSecretSegment(segment: string): boolean {
  return PREFIXED_KEY.test(segment) || (/\d/.test(segment) && RANDOM_KEY.test(segment));
}

const PREFIXED_KEY = /^(sk|pk|key|token)[-_][\w-]{8,}$/i;

/** Names of models and deployments do not match, because they have dots and hyphens. */
const RANDOM_KEY = /[a-z\d]{20,}/i;
