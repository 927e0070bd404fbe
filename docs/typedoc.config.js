// One page for each path that users import from, named like it.
import { Converter } from 'typedoc';
import { readEntryPoints } from '../scripts/code-blocks/site-link.ts';

const entries = readEntryPoints();

/** TypeDoc names a module after its file. */
function nameModules(app) {
  const names = new Map(
    entries.map(({ name, file }) => [file.slice('packages/'.length).replace(/(\/index)?\.ts$/, ''), name]),
  );
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const module of project.children ?? []) {
      const name = names.get(module.name);
      if (name === undefined)
        throw new Error(`TypeDoc has a module "${module.name}", which package.json does not export.`);
      module.name = name;
    }
  });
}

export default {
  plugin: ['typedoc-plugin-markdown', nameModules],
  tsconfig: 'tsconfig.json',
  entryPoints: entries.map(({ file }) => `../${file}`),
  out: 'api',
  name: 'API',
  readme: 'none',
  router: 'module',
  entryFileName: 'index',
  sort: ['alphabetical'],
  sortEntryPoints: true,
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
