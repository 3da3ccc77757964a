/** Loaded by `node --import`: packages are found among the installed clients, wherever the program that asks stands. */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const folder = pathToFileURL(`${process.env['CLIENT_LIBRARIES']}/`).href;

registerHooks({
  resolve(specifier, context, next) {
    const isOurs = context.parentURL?.startsWith('file:') && !context.parentURL.includes('/node_modules/');
    return isOurs && /^[@a-z]/.test(specifier)
      ? next(specifier, { ...context, parentURL: folder })
      : next(specifier, context);
  },
});
