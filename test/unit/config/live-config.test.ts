import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '../../../companion/config/describe-settings.ts';
import { LiveConfig } from '../../../companion/config/live-config.ts';
import { settings } from '../../../companion/config/schema.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function scene(yaml: string, environment: Record<string, string> = {}) {
  const home = await temporaryFolder();
  const file = join(home, 'config.yaml');
  await writeFile(file, yaml);
  const live = new LiveConfig({ environment: { CCPROXY_HOME: home, ...environment }, cwd: home });
  return { live, file, write: (text: string) => writeFile(file, text), read: () => readFile(file, 'utf8') };
}

const refused = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'taken',
    (thrown: Error) => thrown.message,
  );

describe('settings that are read again', () => {
  it('take effect at once where they can, and wait for a restart where they cannot', async () => {
    const { live, write } = await scene('server:\n  port: 8001\nrouter:\n  strategy: random\n');
    const { router } = live.config;
    await write('server:\n  port: 8002\nrouter:\n  strategy: quota_aware\n');
    expect(await live.reload()).toEqual({ changed: ['router.strategy'], pending: ['server.port'] });
    expect(router.strategy).toBe('quota_aware');
    expect(live.config.server.port).toBe(8001);
    expect(live.pending).toEqual(['server.port']);
  });

  it('no longer wait once the file says what holds again', async () => {
    const { live, write } = await scene('server:\n  port: 8001\n');
    await write('server:\n  port: 8002\n');
    await live.reload();
    await write('server:\n  port: 8001\n');
    expect(await live.reload()).toEqual({ changed: [], pending: [] });
  });

  it('are all or nothing: one that is wrong keeps all of them as they were, and is told by its line', async () => {
    const { live, file, write } = await scene('router:\n  strategy: random\n');
    await write('router:\n  strategy: priority\nlog:\n  level: loud\n');
    expect(await refused(live.reload())).toContain(`log.level (${file}:4)`);
    expect(live.config.router.strategy).toBe('random');
    expect(live.problem).toContain(`${file}:4`);
    await write('router:\n  strategy: priority\n');
    await live.reload();
    expect([live.problem, live.config.router.strategy]).toEqual([null, 'priority']);
  });

  it('are told apart although they are secret', async () => {
    const { live, write } = await scene(
      'keys:\n  openai: [sk-one-1]\nproviders:\n  a: {base_url: "https://a.example"}\n',
    );
    await write('keys:\n  openai: [sk-two-2]\nproviders:\n  a: {base_url: "https://a.example"}\n');
    expect(await live.reload()).toEqual({ changed: ['keys.openai'], pending: [] });
    expect(live.config.keys.map(({ secret }) => secret.reveal())).toEqual(['sk-two-2']);
  });

  it('are told to whoever follows them, who is waited for', async () => {
    const { live, write } = await scene('');
    const told: string[] = [];
    live.onChange(async (changed) => {
      await Promise.resolve();
      told.push(...changed, live.config.log.level);
    });
    await write('log:\n  level: debug\n');
    await live.reload();
    await live.reload();
    expect(told).toEqual(['log.level', 'debug']);
  });

  it('are read soon after an editor put another file in the place of theirs', async () => {
    const { live, file } = await scene('router:\n  max_attempts: 4\n');
    const outcome = Promise.withResolvers<unknown>();
    const stop = live.watch(outcome.resolve);
    await writeFile(`${file}.new`, 'router:\n  max_attempts: 5\n');
    await rename(`${file}.new`, file);
    expect(await outcome.promise).toEqual({ changed: ['router.max_attempts'], pending: [] });
    stop();
  });
});

describe('a setting that is changed', () => {
  it('stands in the file with everything else as it was', async () => {
    const { live, read } = await scene('# mine\nrouter:\n  # which key\n  strategy: random # for now\n');
    const report = await live.change({ key: 'router.strategy', value: 'priority' });
    expect(report).toMatchObject({ effect: 'now', key: 'router.strategy' });
    expect(await read()).toBe('# mine\nrouter:\n  # which key\n  strategy: priority # for now\n');
  });

  it.each([
    [
      'server.allowed_hosts',
      'a.example, b.example:9',
      'server:\n  allowed_hosts:\n    - a.example\n    - b.example:9\n',
    ],
    ['models.aliases', 'fast=gpt-5-mini', 'models:\n  aliases:\n    fast: gpt-5-mini\n'],
    ['timeouts.idle', '90s', 'timeouts:\n  idle: 90s\n'],
    ['web.temporary', 'off', 'web:\n  temporary: false\n'],
    ['router.max_attempts', '5', 'router:\n  max_attempts: 5\n'],
    ['keys.openai', 'sk-one-1,sk-two-2', 'keys:\n  openai:\n    - sk-one-1\n    - sk-two-2\n'],
    ['network.proxy', 'direct', 'network:\n  proxy: direct\n'],
    ['providers', '{a: {base_url: "https://a.example"}}', 'providers:\n  a:\n    base_url: https://a.example\n'],
  ] as const)('is written as a person would write it: %s', async (key, value, text) => {
    const { live, read } = await scene('');
    await live.change({ key, value });
    expect(await read()).toBe(text);
  });

  it('is refused, and the file left alone, where the settings would be wrong with it', async () => {
    const { live, read, file } = await scene('router:\n  strategy: random\n');
    const message = await refused(live.change({ key: 'router.max_attempts', value: 'many' }));
    expect(message).toContain(`router.max_attempts (${file}:3) must be a whole number`);
    expect(await read()).toBe('router:\n  strategy: random\n');
  });

  it('says which place goes on deciding', async () => {
    const { live } = await scene('', { CCPROXY_ROUTER_STRATEGY: 'random' });
    expect(await live.change({ key: 'router.strategy', value: 'priority' })).toEqual({
      key: 'router.strategy',
      effect: 'beaten',
      source: 'environment CCPROXY_ROUTER_STRATEGY',
    });
  });

  it('waits for a restart where it cannot count at once', async () => {
    const { live } = await scene('');
    expect(await live.change({ key: 'server.port', value: 8123 })).toMatchObject({ effect: 'restart' });
    expect(await live.change({ key: 'server.port' })).toMatchObject({ effect: 'none' });
  });

  it('is taken out by each of its names, with the group that held nothing else', async () => {
    const { live, read } = await scene('claude:\n  api_keys: [sk-a-1]\nserver:\n  port: 8001\n');
    expect(await live.change({ key: 'keys.anthropic' })).toMatchObject({ effect: 'now' });
    expect(await read()).toBe('server:\n  port: 8001\n');
  });

  it('leaves no gap behind at the beginning of the file', async () => {
    const { live, read } = await scene('');
    await live.change({ key: 'router.strategy', value: 'random' });
    await live.change({ key: 'log.level', value: 'debug' });
    await live.change({ key: 'router.strategy' });
    expect(await read()).toBe('log:\n  level: debug\n');
    await live.change({ key: 'log.level' });
    expect(await read()).toBe('{}\n');
    await live.change({ key: 'log.level', value: 'warn' });
    expect(await read()).toBe('log:\n  level: warn\n');
  });

  it('puts a file right that was wrong', async () => {
    const { live, write, read } = await scene('');
    await write('router:\n  strategy: fastest\n');
    expect(await live.change({ key: 'router.strategy', value: 'random' })).toMatchObject({ effect: 'now' });
    expect(await read()).toBe('router:\n  strategy: random\n');
  });
});

describe('settings as they are shown', () => {
  it('never hold a secret, and say where each comes from', async () => {
    const secret = 'sk-canary-4711-abcdef';
    const { live, file } = await scene(
      `security:\n  auth_token: ${secret}\nkeys:\n  openai: [{key: ${secret}, name: work}]\nproviders:\n  mine:\n    base_url: https://a.example\n    keys: [${secret}]\nnetwork:\n  proxy: http://u:${secret}@p.example:3128\n`,
    );
    const shown = describeSettings(live);
    expect(JSON.stringify(shown)).not.toContain('canary');
    const one = (key: string) => shown.find((setting) => setting.key === key);
    expect(one('security.auth_token')).toMatchObject({ value: '***', isSecret: true, source: `${file}:2` });
    expect(one('keys.openai')?.value).toEqual([{ key: '***', name: 'work' }]);
    expect(one('timeouts.idle')).toMatchObject({ value: '5m', default: '5m', source: 'default', reloads: true });
  });

  it('mark as local whatever leads credentials elsewhere, lets somebody in, or starts a program', async () => {
    const { live } = await scene('');
    const local = new Set(describeSettings(live).flatMap(({ key, isLocal }) => (isLocal ? [key] : [])));
    const upstreams = settings
      .map(({ key }) => key)
      .filter((key) => /^(upstreams|oauth|network|vault|security)\./.test(key));
    for (const key of [
      ...upstreams,
      'providers',
      'claude_code.path',
      'storage.db_path',
      'server.host',
      'server.allowed_hosts',
    ] as const)
      expect(local, key).toContain(key);
    expect(local).not.toContain('router.strategy');
  });
});
