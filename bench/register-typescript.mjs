// Lets Node run the TypeScript sources as they stand: `.js` in an import is the `.ts` beside it,
// compiled by SWC with the project's own settings, once for each text: what it made is kept beside
// the packages. For benches and for processes of tests; the gateway runs from dist/.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const settings = readFileSync(new URL('../.swcrc', import.meta.url), 'utf8');
const { $schema: _schema, ...options } = JSON.parse(settings);
const { version } = require('@swc/core/package.json');
const kept = fileURLToPath(new URL('../node_modules/.cache/safeconduct/', import.meta.url));
mkdirSync(kept, { recursive: true });
// What V8 made of the packages, too: most of a start is reading them.
enableCompileCache(`${kept}v8`);

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL !== undefined) {
      const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(url))) return { url: url.href, shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});

function compiled(filename) {
  const source = readFileSync(filename, 'utf8');
  const hash = createHash('sha256');
  for (const part of [version, settings, filename, source]) hash.update(`${part.length}:${part}`);
  const path = `${kept}${hash.digest('hex')}.js`;
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const { code } = require('@swc/core').transformSync(source, {
    ...options,
    filename,
    sourceMaps: 'inline',
    swcrc: false,
  });
  // Several processes may do so at once: each puts a whole file in place.
  const making = `${path}.${process.pid}`;
  writeFileSync(making, code);
  renameSync(making, path);
  return code;
}
