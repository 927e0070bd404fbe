import { join } from 'node:path';
import { rolldown } from 'rolldown';

const bundled = new Map<6 | 7, Promise<string>>();

/** Bundles the page with `useChat` of a version of the SDK into one script for a browser, once in a process. */
export function bundlePage(sdk: 6 | 7): Promise<string> {
  const page = bundled.get(sdk) ?? bundle(sdk);
  bundled.set(sdk, page);
  return page;
}

async function bundle(sdk: 6 | 7): Promise<string> {
  const build = await rolldown({
    input: join(import.meta.dirname, `page-${sdk}.mjs`),
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    logLevel: 'silent',
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  return output[0].code;
}
