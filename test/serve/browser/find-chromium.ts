import { existsSync } from 'node:fs';

/** Returns the path of a Chromium: `CHROMIUM_PATH`, or that of the system's package. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH: given } = process.env;
  if (given !== undefined && given !== '') return given;
  return ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
}
