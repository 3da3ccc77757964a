import { describe, expect, it } from 'vitest';
import { memoryLogger } from '../../../companion/base/log.ts';
import { AdminKeyCheck } from '../../../companion/http/admin-key.ts';
import { createClientServer } from '../../../companion/http/client-server.ts';
import { addRoutes } from '../../../companion/http/manage/add-routes.ts';
import { quotaRoute } from '../../../companion/http/quota.ts';
import type { QuotaRouteOptions } from '../../../companion/http/quota.ts';
import { Secret } from '../../../shared/redact.ts';
import { ownKeyCheck } from '../../support/client-keys.ts';
import { quotaWindow } from '../../support/records.ts';

const nowMs = () => Date.UTC(2026, 10, 22, 12, 0, 0);
const key = 'ccpk_an-invented-client-key';

async function ask(options: Partial<QuotaRouteOptions> = {}, headers: Record<string, string> = { 'x-api-key': key }) {
  const { app } = createClientServer({
    keyCheck: ownKeyCheck(new Secret(key), nowMs),
    adminKeyCheck: new AdminKeyCheck(new Secret('ccpa_invented'), nowMs),
    allowedHosts: () => new Set(),
    logger: memoryLogger().logger,
    nowMs,
  });
  const route = quotaRoute({
    sessions: () => [],
    keys: () => [],
    windowsOf: () => [],
    standingOf: () => ({ state: 'ready', usedFraction: null }),
    coolingModelsOf: () => [],
    claudeCode: () => [],
    nowMs,
    ...options,
  });
  addRoutes(app, [route], 'network');
  const reply = await app.inject({ method: 'GET', url: '/v0/quota', headers });
  return { status: reply.statusCode, headers: reply.headers, body: reply.json() };
}

describe('GET /v0/quota', () => {
  it('wants the client key', async () => {
    expect((await ask({}, {})).status).toBe(401);
    expect((await ask()).status).toBe(200);
  });

  it('tells each account and key with its windows, their source and age, and is never cached', async () => {
    const observedAtMs = nowMs() - 12_400;
    const { headers, body } = await ask({
      sessions: () => [
        {
          id: 'ses_1',
          name: 'ada@example.org',
          quotas: [quotaWindow({ resetsAtMs: nowMs() + 3_600_000, observedAtMs })],
        },
      ],
      keys: () => [{ kind: 'api-key' as const, id: 'openai-3f9a2c41', name: 'work', providerId: 'openai' }],
      windowsOf: (owner) => [
        quotaWindow({
          window: owner,
          model: 'gpt-5',
          usedFraction: null,
          source: 'headers',
          resetsAtMs: null,
          observedAtMs,
        }),
      ],
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      at: '2026-11-22T12:00:00.000Z',
      credentials: [
        {
          provider: 'claude-web',
          kind: 'web-session',
          id: 'ses_1',
          name: 'ada@example.org',
          cooldown: null,
          cooling_models: [],
          windows: [
            {
              window: 'five_hour',
              model: null,
              used_fraction: 0.25,
              status: 'allowed',
              resets_at: '2026-11-22T13:00:00.000Z',
              source: 'stream',
              age_seconds: 12,
            },
          ],
        },
        {
          provider: 'openai',
          kind: 'api-key',
          id: 'openai-3f9a2c41',
          name: 'work',
          cooldown: null,
          cooling_models: [],
          windows: [
            {
              window: 'key/openai-3f9a2c41',
              model: 'gpt-5',
              used_fraction: null,
              status: 'allowed',
              resets_at: null,
              source: 'headers',
              age_seconds: 12,
            },
          ],
        },
      ],
    });
  });

  it('says until when a credential rests, and why', async () => {
    const { body } = await ask({
      keys: () => [{ kind: 'api-key' as const, id: 'a', name: 'a', providerId: 'groq' }],
      standingOf: () => ({ state: 'cooling', untilMs: nowMs() + 20_000, reason: 'retry-after 20 s' }),
    });
    expect(body.credentials[0].cooldown).toEqual({ until: '2026-11-22T12:00:20.000Z', reason: 'retry-after 20 s' });
  });

  it('says which models of a key rest while it serves others', async () => {
    const { body } = await ask({
      keys: () => [{ kind: 'api-key' as const, id: 'a', name: 'a', providerId: 'groq' }],
      coolingModelsOf: () => [{ model: 'qwen', untilMs: nowMs() + 20_000, reason: 'rate limited' }],
    });
    expect(body.credentials[0].cooling_models).toEqual([
      { model: 'qwen', until: '2026-11-22T12:00:20.000Z', reason: 'rate limited' },
    ]);
  });

  it('does not fail on a time that no calendar has', async () => {
    const { body } = await ask({
      keys: () => [{ kind: 'api-key' as const, id: 'a', name: 'a', providerId: 'groq' }],
      windowsOf: () => [quotaWindow({ resetsAtMs: 9e15 })],
    });
    expect(body.credentials[0].windows[0].resets_at).toBe('9999-12-31T00:00:00.000Z');
  });

  it('counts a window that has begun anew as untouched', async () => {
    const { body } = await ask({
      keys: () => [{ kind: 'api-key' as const, id: 'a', name: 'a', providerId: 'groq' }],
      windowsOf: () => [quotaWindow({ usedFraction: 1, status: 'exceeded', resetsAtMs: nowMs() })],
    });
    expect(body.credentials[0].windows[0]).toMatchObject({ used_fraction: 0, status: 'allowed', resets_at: null });
  });

  it("tells what Claude Code told of its own login's limits, once it did", async () => {
    expect((await ask()).body.credentials).toEqual([]);
    const { body } = await ask({ claudeCode: () => [quotaWindow({ observedAtMs: nowMs(), resetsAtMs: null })] });
    expect(body.credentials).toMatchObject([
      { provider: 'claude-code', kind: 'claude-code', id: 'claude-code', name: 'Claude Code', cooldown: null },
    ]);
    expect(body.credentials[0].windows).toMatchObject([{ window: 'five_hour', age_seconds: 0 }]);
  });
});
