// One page for each path that users import from, named like it.
import { Converter, ReflectionKind } from 'typedoc';
import { ModuleRouter } from 'typedoc-plugin-markdown';
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

/** Only modules are pages. Otherwise the page of `@pawl/core/host` has another name, since `@pawl/core` exports `Host`. */
class EntryRouter extends ModuleRouter {
  shouldWritePage(reflection) {
    return reflection.kindOf(ReflectionKind.Module) && super.shouldWritePage(reflection);
  }
}

function addRouter(app) {
  app.renderer.defineRouter('entry', EntryRouter);
}

export default {
  plugin: ['typedoc-plugin-markdown', nameModules, addRouter],
  tsconfig: 'tsconfig.json',
  entryPoints: entries.map(({ file }) => `../${file}`),
  out: 'api',
  name: 'API',
  readme: 'none',
  router: 'entry',
  entryFileName: 'index',
  sort: ['alphabetical'],
  sortEntryPoints: true,
  disableSources: true,
  excludeExternals: true,
  hidePageHeader: true,
  useHTMLAnchors: true,
  hideBreadcrumbs: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  treatWarningsAsErrors: true,
  skipErrorChecking: true, // The project's own check does that.
  logLevel: 'Warn',
};
