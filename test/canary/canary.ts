/** The key of every model in the tests without its own key. Only servers may see it. */
export const CANARY = 'sk-canary-0f4c1e7a9d2b';
