/** Every error is explained, for the code that stands in the table and in the words that stand there. */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { anthropicDialect } from '../../../companion/wire/anthropic/codec.ts';
import { openAiChatDialect } from '../../../companion/wire/openai-chat/codec.ts';
import { errorFacts, errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const codes = Object.keys(errorTable) as ErrorCode[];

describe('docs/errors.md', () => {
  let sections: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const text = await readFile(join(root, 'docs', 'errors.md'), 'utf8');
    const parts = text.split(/^### /m).slice(1);
    sections = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.split(/^## /m, 1)[0] ?? '']));
    expect(sections.size).toBe(parts.length);
  });

  test('has a section for each code, in the order of the table, and none besides', () => {
    expect([...sections.keys()]).toEqual(codes);
  });

  test.each(codes)('says of %s what both dialects, retries and exit codes make of it', (code) => {
    expect(sections.get(code)?.split('\n')[2]).toBe(factsLine(code));
  });

  test.each(codes)('says of %s what happened, why, and what to do, in the words that the client reads', (code) => {
    const [happened, why, todo, ...rest] = sections.get(code)?.trim().split('\n').slice(4) ?? [];
    expect(happened).toMatch(/^- \*\*What happened\.\*\* [A-Zc].+\.$/);
    expect(why).toMatch(/^- \*\*Why\.\*\* \S.+\.$/);
    expect(todo).toContain(`- **What to do.** ${errorFacts(code).remedy}`);
    expect(rest).toEqual([]);
  });
});

describe('the table', () => {
  test('holds no code that nobody uses', async () => {
    const sources = await readSources();
    expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
  });

  test.each(codes)('gives %s a status that is an error, and a remedy that is a sentence', (code) => {
    const { status, remedy } = errorFacts(code);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(remedy).toMatch(/^[A-Zc].+\.$/);
  });

  test('lets no SDK throw a working key away: a 401 is a wrong key of ours, or a login that only the person can mend', () => {
    expect(codes.filter((code) => errorFacts(code).status === 401)).toEqual([
      'CLIENT_KEY_MISSING',
      'CLIENT_KEY_INVALID',
      'CLIENT_KEY_EXPIRED',
      'CLIENT_KEY_REVOKED',
      'ADMIN_KEY_MISSING',
      'ADMIN_KEY_INVALID',
      'LOGIN_REQUIRED',
      'LOGIN_EXPIRED',
    ]);
  });
});

const retryWords = {
  never: 'a retry is in vain',
  same: 'a retry may help later',
  'other-credential': 'another account may serve',
} as const;

function factsLine(code: ErrorCode): string {
  const facts = errorFacts(code);
  const error = new CompanionError(code, 'What happened.');
  const anthropic = anthropicDialect.encodeError(error, 0);
  const openai = openAiChatDialect.encodeError(error, 0);
  const anthropicError = (anthropic.body as { error: { type: string } }).error;
  const openaiError = (openai.body as { error: { type: string; code: string | null } }).error;
  expect(anthropic.status).toBe(facts.status);
  const otherStatus = openai.status === facts.status ? '' : `${openai.status} `;
  return [
    `HTTP ${facts.status}`,
    `Anthropic \`${anthropicError.type}\``,
    `OpenAI ${otherStatus}\`${openaiError.type}\`, code \`${openaiError.code}\``,
    retryWords[facts.retry],
    ...(facts.exit === undefined ? [] : [`exit code ${facts.exit}`]),
  ].join(' · ');
}

/** What both programs are made of, but for the table itself. */
async function readSources(): Promise<string> {
  const texts: string[] = [];
  for await (const path of glob('{companion,extension}/**/*.{ts,tsx}', { cwd: root })) {
    texts.push(await readFile(join(root, path), 'utf8'));
  }
  expect(texts.length).toBeGreaterThan(100);
  return texts.join('\n');
}
