import { describe, expect, test } from 'vitest';
import { childEnvironment } from '../../../../companion/upstream/claude-code/environment.ts';
import type { EnvironmentFacts } from '../../../../companion/upstream/claude-code/environment.ts';

function child(environment: EnvironmentFacts['environment'], more: Partial<EnvironmentFacts> = {}) {
  const baseUrl = 'https://api.anthropic.com';
  return childEnvironment({ environment, baseUrl, ownUrls: ['http://127.0.0.1:4000'], clientApp: 'app/1', ...more });
}

describe('the environment of Claude Code', () => {
  test("is the user's, credentials included", () => {
    const own = {
      PATH: '/bin',
      HOME: '/home/a',
      ANTHROPIC_API_KEY: 'sk-ant-x',
      CLAUDE_CODE_USE_BEDROCK: '1',
      HTTPS_PROXY: 'x',
    };
    expect(child(own)).toMatchObject(own);
  });

  test('has nothing of ours, nothing for Node, and no mark of a Claude Code around us', () => {
    const names = [
      'CCPROXY_CLAUDE_API_KEYS',
      'ccproxy_home',
      'SECURITY__ENCRYPTION_KEY',
      'NODE_OPTIONS',
      'CLAUDECODE',
      'CLAUDE_CODE_ENTRYPOINT',
      'CLAUDE_CODE_SSE_PORT',
    ];
    const environment = child({ ...Object.fromEntries(names.map((name) => [name, 'x'])), GONE: undefined });
    expect(Object.keys(environment).filter((name) => names.includes(name) || name === 'GONE')).toEqual([]);
  });

  test('keeps it quiet, lets it compact nothing, and says who asks', () => {
    expect(child({ DISABLE_COMPACT: '0' })).toMatchObject({
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_COMPACT: '1',
      CLAUDE_AGENT_SDK_CLIENT_APP: 'app/1',
      CLAUDE_CODE_MAX_RETRIES: '1',
    });
    expect(child({ CLAUDE_CODE_MAX_RETRIES: '5' })['CLAUDE_CODE_MAX_RETRIES']).toBe('5');
  });

  test('names an address only when the configuration has another than the usual one', () => {
    expect(child({})).not.toHaveProperty('ANTHROPIC_BASE_URL');
    expect(child({ ANTHROPIC_BASE_URL: 'https://gate.example' })['ANTHROPIC_BASE_URL']).toBe('https://gate.example');
    const elsewhere = child({ ANTHROPIC_BASE_URL: 'https://gate.example' }, { baseUrl: 'http://127.0.0.1:9/' });
    expect(elsewhere['ANTHROPIC_BASE_URL']).toBe('http://127.0.0.1:9');
  });

  test.each(['http://127.0.0.1:4000', 'http://localhost:4000/', 'http://[::1]:4000/v1', 'HTTP://LOCALHOST:4000'])(
    'does not lead back to us: %s',
    (url) => {
      const environment = child({
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: 'ccpk_x',
        ANTHROPIC_API_KEY: 'ccpk_x',
        ANTHROPIC_CUSTOM_HEADERS: 'x-companion-key: ccpk_x',
      });
      expect(JSON.stringify(environment)).not.toContain('ccpk_x');
      expect(environment).not.toHaveProperty('ANTHROPIC_BASE_URL');
    },
  );

  test("leaves the user's own API key where only the address is ours", () => {
    const environment = child({ ANTHROPIC_BASE_URL: 'http://localhost:4000', ANTHROPIC_API_KEY: 'sk-ant-api03-x' });
    expect(environment).toMatchObject({ ANTHROPIC_API_KEY: 'sk-ant-api03-x' });
    expect(environment).not.toHaveProperty('ANTHROPIC_BASE_URL');
  });

  test('a client key of ours goes to nobody else', () => {
    for (const name of ['ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_API_KEY']) {
      expect(child({ [name]: 'ccpk_x' })).not.toHaveProperty(name);
      expect(child({ [name]: 'ccpk_x' }, { baseUrl: 'http://127.0.0.1:9' })).not.toHaveProperty(name);
    }
  });

  test('does not lead back to us by a name that we are reached by', () => {
    const own = ['http://127.0.0.1:4000', 'http://ada.local:4000', 'https://companion.home'];
    for (const url of ['http://ADA.local:4000/', 'https://companion.home', 'https://companion.home:443/v1']) {
      const environment = child({ ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: 'secret-of-ours' }, { ownUrls: own });
      expect(environment).not.toHaveProperty('ANTHROPIC_BASE_URL');
      expect(environment).not.toHaveProperty('ANTHROPIC_AUTH_TOKEN');
    }
  });

  test.each(['http://127.0.0.1:4001', 'http://example.com:4000', 'no address'])(
    'another place is left alone: %s',
    (url) => {
      const own = { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: 'theirs' };
      expect(child(own)).toMatchObject(own);
    },
  );
});
