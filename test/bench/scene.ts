/** Everything that runs beside the bench: the stand-in, a companion that goes directly, one that goes through a browser. */
import { createTemporaryHome } from '../support/temporary-home.ts';
import type { SignedInCookies } from '../support/claude-site/site.ts';
import { Child } from './child.ts';
import type { BrowserCommands } from './process/browser.ts';
import type { CompanionCommands } from './process/companion.ts';
import type { SiteCommands } from './process/site.ts';

export interface BenchCompanion {
  readonly url: string;
  readonly key: string;
  readonly process: Child<CompanionCommands>;
}

export interface Scene {
  readonly site: Child<SiteCommands>;
  readonly siteUrl: string;
  readonly cookies: SignedInCookies;
  readonly direct: BenchCompanion;
  readonly browser: BenchCompanion;
  close(): Promise<void>;
}

export async function openScene(): Promise<Scene> {
  const site = new Child<SiteCommands>('site');
  const siteUrl = await site.ask('url');
  const cookies = await site.ask('signIn');
  const closers: (() => Promise<void>)[] = [];
  const open = async (transport: 'direct' | 'browser'): Promise<BenchCompanion> => {
    const home = await createTemporaryHome();
    const companion = new Child<CompanionCommands>('companion', ['--expose-gc']);
    const browser = new Child<BrowserCommands>('browser');
    closers.push(async () => {
      await companion.ask('stop').catch(() => undefined);
      await browser.close();
      await companion.close();
      await home.remove();
    });
    const { url, key, token } = await companion.ask('start', {
      home: home.path,
      environment: { CCPROXY_UPSTREAM_CLAUDE_WEB: siteUrl },
    });
    await browser.ask('sync', { siteUrl, companionUrl: url, token, cookies, transport });
    return { url, key, process: companion };
  };
  const close = async () => {
    await Promise.all(closers.map((one) => one()));
    await site.close();
  };
  try {
    return { site, siteUrl, cookies, direct: await open('direct'), browser: await open('browser'), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
