// A support desk whose refunds wait for a team lead, in a browser: npm run demo. Offline, with a stand-in for the model.
// npm run demo -- --story plays it against the real server, with a real kill -9, and prints it.
if (process.argv.includes('--story')) {
  const { playStory } = await import('./story.ts');
  await playStory();
} else {
  await import('./server.ts');
}
