/** What the value of a proxy variable says. */
export interface ProxyUrl {
  readonly url: URL;
  /** Decoded; `''` for none. */
  readonly username: string;
  readonly password: string;
  /** The username and the password, as the header `proxy-authorization` has them behind `Basic`; `undefined` for none. */
  readonly basic: string | undefined;
}

/** Parses the value of a proxy variable, with or without `http://`. */
export function parseProxyUrl(value: string): ProxyUrl | undefined {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const [username, password] = [decode(url.username), decode(url.password)];
  const credentials = `${username}:${password}`;
  return { url, username, password, basic: credentials === ':' ? undefined : toBase64(credentials) };
}

/** Text that was never encoded for a URL stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
