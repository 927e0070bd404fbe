// One page for each path that users import from, named like it.
import { readdirSync, readFileSync } from 'node:fs';
import { Converter } from 'typedoc';

/** Paths that have nothing of their own: each tool's is in the package's index, and the preset is only there to be loaded. */
const isLeftOut = (name) => /^@pawl\/tools\/|\/preset$|\/package\.json$/.test(name);

const packages = new URL('../packages/', import.meta.url);
const paths = readdirSync(packages).flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'));
  return Object.entries(exports).map(([path, file]) => [
    `${name}${path.slice(1)}`,
    `../packages/${folder}${file.slice(1)}`,
  ]);
});
const entries = paths.filter(([name]) => !isLeftOut(name));

/** TypeDoc names a module after its file. */
function nameModules(app) {
  const names = new Map(
    entries.map(([name, file]) => [file.slice('../packages/'.length).replace(/(\/index)?\.ts$/, ''), name]),
  );
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const module of project.children ?? []) {
      const name = names.get(module.name);
      if (name === undefined) throw new Error(`TypeDoc has a module "${module.name}" that is none of ours.`);
      module.name = name;
    }
  });
}

export default {
  plugin: ['typedoc-plugin-markdown', nameModules],
  tsconfig: 'tsconfig.json',
  entryPoints: entries.map(([, file]) => file),
  out: 'api',
  name: 'API',
  readme: 'none',
  router: 'module',
  entryFileName: 'index',
  disableSources: true,
  excludeExternals: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  treatWarningsAsErrors: true,
  skipErrorChecking: true, // The project's own check does that.
  logLevel: 'Warn',
};
