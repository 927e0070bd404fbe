import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Returns the path of a Chromium: `CHROMIUM_PATH`, or the first on `PATH`. If there is none, prints that and returns `undefined`. */
export function findChromium(skipped: string): string | undefined {
  const { CHROMIUM_PATH: given = '', PATH = '' } = process.env;
  const paths = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = (given === '' ? paths : [given]).find((path) => existsSync(path));
  const reason = given === '' ? 'There is no Chromium on PATH' : `CHROMIUM_PATH is ${given}, where no file is`;
  if (found === undefined) {
    console.log(`Skipped: ${skipped}. ${reason}: install Debian’s package chromium, or set CHROMIUM_PATH.`);
  }
  return found;
}
