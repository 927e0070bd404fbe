// One request in a process that cannot load undici, as in some bundles: node without-undici.ts BASE_URL
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'undici') throw new Error('Dynamic require of "node:assert" is not supported');
    return next(specifier, context);
  },
});

const { openai } = await import('@pawl/core');
const response = await openai('m', { baseURL: process.argv[2] ?? '' }).send({ messages: [] });
console.log(JSON.stringify(response));
