import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'wxt';
import { formatNotices, packageFoldersOf } from './scripts/bundle/notices.ts';

/**
 * The public half of the key that fixes the Chrome extension id, so that a paired seat survives a reinstall from another
 * folder. The private half is not kept: a store listing brings its own.
 */
const chromeKey =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApir5B+7j0SzypJR2Wr7GVcgkZtljRgYGOOQnWj/OvSRYWvbV4Hny+lPq8qmSLISX8uZF/DK/6TPz/tbzNDfd61Yl506Xas5MlO7RG38OmIpLcd5ROjBgq5j9jGZHsNb0wUA6UitvTQe3NYg4bmAC6kVvfTQ6M6opbs9MC5Gb8GXNROnFB0TNjo8TV+AsCLt2KaBWw+i36G7uGhuPhMHeC+FKsTvqeHB4q5U6A3bj5gHfBdSgi3Nb1B+DLu2HM9Iu96wqNa8t5LXH+yn+U/tOU5WWWpuvWqck7inH7LwOq79t5i0rw9jfLkLlfILyDZ3wx4of7kvuUSsD5dD+N27OnQIDAQAB';

export default defineConfig({
  srcDir: 'extension',
  publicDir: 'extension/public',
  outDir: 'dist/extension',
  modules: ['@wxt-dev/webextension-polyfill'],
  imports: false,
  manifestVersion: 3,
  vite: () => ({
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { target: 'es2022', sourcemap: false },
  }),
  hooks: {
    'build:done': ({ config }, { steps }) => {
      const chunks = steps.flatMap((step) => step.chunks.filter((chunk) => chunk.type === 'chunk'));
      const folders = packageFoldersOf(chunks.flatMap((chunk) => chunk.moduleIds));
      writeFileSync(join(config.outDir, 'THIRD-PARTY-NOTICES.txt'), formatNotices(folders));
    },
  },
  zip: {
    artifactTemplate: 'ccproxy-companion-{{version}}-{{browser}}.zip',
    // What a reviewer needs to build the same extension, and nothing else: `npm ci`, then `npx wxt zip -b firefox`.
    includeSources: [
      'extension/**',
      'shared/**',
      'scripts/bundle/notices.ts',
      'wxt.config.ts',
      'tsconfig.base.json',
      'package.json',
      'package-lock.json',
      'LICENSE',
      'CONTRIBUTING.md',
    ],
    sourcesTemplate: 'ccproxy-companion-{{version}}-sources.zip',
  },
  manifest: ({ browser, command }) => ({
    name: '__MSG_extensionName__',
    short_name: 'Companion',
    description: '__MSG_extensionDescription__',
    default_locale: 'en',
    // `webNavigation` shows the address of a pairing link and of a login's redirect, even where nobody listens, without
    // access to any site: no host of a provider's login is asked for. SECURITY.md says what each permission is for.
    permissions: ['storage', 'cookies', 'alarms', 'webNavigation', 'scripting'],
    host_permissions: ['https://claude.ai/*'],
    optional_permissions: ['notifications'],
    content_security_policy: {
      extension_pages: [
        "default-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        `connect-src 'self' https://claude.ai ws://127.0.0.1:*${command === 'serve' ? ' ws://localhost:*' : ''}`,
        // `npm run dev` puts styles into the page by script.
        ...(command === 'serve' ? ["style-src 'self' 'unsafe-inline'"] : []),
      ].join('; '),
    },
    ...(browser === 'firefox'
      ? {
          browser_specific_settings: {
            gecko: {
              id: 'companion@ccproxy.dev',
              strict_min_version: '140.0',
              data_collection_permissions: { required: ['authenticationInfo'] },
            },
          },
        }
      : { key: chromeKey, minimum_chrome_version: '116', externally_connectable: { ids: [] } }),
  }),
});
