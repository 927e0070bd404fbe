/** What a server inherits without being named, as with the SDK: nothing that may be a secret. */
const INHERITED: readonly string[] =
  process.platform === 'win32'
    ? [
        'APPDATA',
        'COMSPEC',
        'HOMEDRIVE',
        'HOMEPATH',
        'LOCALAPPDATA',
        'PATH',
        'PATHEXT',
        'PROGRAMDATA',
        'PROGRAMFILES',
      ].concat(['SYSTEMDRIVE', 'SYSTEMROOT', 'TEMP', 'USERNAME', 'USERPROFILE', 'WINDIR'])
    : ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];

/** Builds the environment of a server: a few harmless variables, those of `inheritEnv`, and `env`. */
export function buildEnvironment({
  env = {},
  inheritEnv = [],
}: {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly inheritEnv?: readonly string[] | undefined;
}): Readonly<Record<string, string>> {
  const inherited = [...INHERITED, ...inheritEnv].flatMap((name) => {
    const value = process.env[name];
    // A value that begins with "()" is a function of bash, not a text.
    return value === undefined || value.startsWith('()') ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...env };
}
