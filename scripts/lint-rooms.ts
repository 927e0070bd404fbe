// Writes the overrides of biome.json that enforce the rooms and doors of `scripts/rooms.ts`.
//   node scripts/lint-rooms.ts
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CLI_ROOMS,
  DBOS_DOORS,
  DOORS,
  INSPECTOR_ROOMS,
  MCP_DOORS,
  NODE_FOLDERS,
  PAGE_ROOMS,
  ROOMS,
  type Room,
  SERVE_ROOMS,
  SUB_PATHS,
} from './rooms.ts';

const ROOT = join(import.meta.dirname, '..');

export interface BiomeConfig {
  readonly overrides: readonly Override[];
}

interface Override {
  readonly includes: readonly string[];
  readonly linter: { readonly rules: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

/** Returns the settings with new overrides about rooms, in the place of the old ones. */
export function withRooms<Config extends BiomeConfig>(config: Config): Config {
  const first = config.overrides.findIndex(isAboutRooms);
  const before = config.overrides.slice(0, first);
  const after = config.overrides.slice(first).filter((override) => !isAboutRooms(override));
  return {
    ...config,
    overrides: [
      ...before,
      listNodeFolders(),
      ...buildCoreOverrides(),
      ...buildDoorOverrides('dbos', DBOS_DOORS),
      ...buildDoorOverrides('mcp', MCP_DOORS),
      ...ROOMS_OF_PACKAGES.flatMap(buildRoomOverrides),
      ...after,
    ],
  };
}

function isAboutRooms({ linter: { rules } }: Override): boolean {
  return rules['style']?.['noRestrictedImports'] !== undefined || rules['correctness']?.['noNodejsModules'] === 'off';
}

function listNodeFolders(): Override {
  return {
    includes: NODE_FOLDERS.map((folder) => `packages/core/src/${folder}/*.ts`),
    linter: {
      rules: {
        correctness: { noNodejsModules: 'off', noProcessGlobal: 'off' },
        style: { noRestrictedGlobals: 'off' },
      },
    },
  };
}

/** Builds the overrides of folders, then those of doors: if two match a file, Biome uses the later one. */
function buildCoreOverrides(): readonly Override[] {
  const folders = [...ROOMS.map((room) => [room, room] as const), ...Object.entries(SUB_PATHS)];
  return [
    ...folders.map(([folder, level]) =>
      restrictImports([`packages/core/src/${folder}/**`, '!**/*.test.ts'], buildCorePatterns(folder, level)),
    ),
    ...Object.entries(DOORS).map(([dependency, file]) => {
      const room = ROOMS.find((each) => file.startsWith(`${each}/`)) ?? 'base';
      return restrictImports([`packages/core/src/${file}`], buildCorePatterns(room, room, dependency));
    }),
  ];
}

/** Lists what a folder must not import. `level`: the highest room that it may import, or itself. `own`: the dependency whose door it is. */
function buildCorePatterns(folder: string, level: Room, own?: string): readonly Pattern[] {
  const above = [...ROOMS.slice(0, ROOMS.indexOf(level)), ...Object.keys(SUB_PATHS)].filter((each) => each !== folder);
  const closed = Object.keys(DOORS).filter((dependency) => dependency !== own);
  return [
    {
      group: above.map((each) => `**/${each}/**`),
      message: `Rooms: ${folder} imports only from rooms below it (AGENTS.md).`,
    },
    { group: ['@pawl/**', '**/index.ts'], message: 'Core imports no package of ours and no index.' },
    { group: closed.flatMap((dependency) => [dependency, `${dependency}/**`]), message: DOORS_MESSAGE },
  ];
}

/** Builds the overrides of a package besides core: its doors. */
function buildDoorOverrides(name: string, doors: Readonly<Record<string, string>>): readonly Override[] {
  const source = `packages/${name}/src`;
  const files = Object.values(doors).map((file) => `!${source}/${file}`);
  return [
    restrictImports(
      [`${source}/**`, ...files, '!**/*.test.ts'],
      [
        { group: Object.keys(doors), message: DOORS_MESSAGE },
        { group: ['**/index.ts'], message: 'Rooms: nothing imports the index.' },
      ],
    ),
    ...Object.values(doors).map((file) => {
      const closed = Object.keys(doors).filter((dependency) => doors[dependency] !== file);
      return restrictImports([`${source}/${file}`], [{ group: closed, message: DOORS_MESSAGE }]);
    }),
  ];
}

interface RoomsOfPackage {
  readonly source: string;
  /** From top to bottom. */
  readonly rooms: readonly string[];
  /** What no room imports: what stands above all of them. */
  readonly above: readonly string[];
}

export const ROOMS_OF_PACKAGES: readonly RoomsOfPackage[] = [
  { source: 'packages/serve/src', rooms: SERVE_ROOMS, above: ['**/index.ts', '**/serve.ts'] },
  {
    source: 'packages/inspector/src',
    rooms: INSPECTOR_ROOMS,
    above: ['**/index.ts', '**/sqlite.ts', '**/inspector.ts', '**/inspect*.ts', '**/page/**'],
  },
  {
    source: 'packages/inspector/src/page',
    rooms: PAGE_ROOMS,
    above: ['**/main.tsx', '**/app.tsx', ...INSPECTOR_ROOMS.map((room) => `**/${room}/**`)],
  },
  {
    source: 'packages/cli/src',
    rooms: CLI_ROOMS,
    above: ['**/index.ts', '**/bin.ts', '**/main.ts', '**/run-process.ts', '**/load-command.ts'],
  },
];

function buildRoomOverrides({ source, rooms, above }: RoomsOfPackage): readonly Override[] {
  return rooms.map((room, index) => {
    const group = [...rooms.slice(0, index).map((each) => `**/${each}/**`), ...above];
    const patterns = [{ group, message: `Rooms: ${room} imports only from rooms below it.` }];
    return restrictImports([`${source}/${room}/**`, '!**/*.test.ts'], patterns);
  });
}

interface Pattern {
  readonly group: readonly string[];
  readonly message: string;
}

const DOORS_MESSAGE = 'Doors: each dependency is imported in one file only (AGENTS.md).';

function restrictImports(includes: readonly string[], patterns: readonly Pattern[]): Override {
  const noRestrictedImports = { level: 'error', options: { patterns } };
  return { includes, linter: { rules: { style: { noRestrictedImports } } } };
}

if (import.meta.main) {
  const path = join(ROOT, 'biome.json');
  const config: BiomeConfig = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, `${JSON.stringify(withRooms(config), null, 2)}\n`);
  const biome = join(ROOT, 'node_modules', '.bin', 'biome');
  process.exitCode = spawnSync(biome, ['format', '--write', path], { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}
