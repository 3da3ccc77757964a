/** The last net below the `Secret` wrapper: what looks like a credential is taken out of any text. */
import { expect, test } from 'vitest';
import { scrub } from '../../../shared/redact.ts';

test.each([
  ['sk-ant-api03-canarycanary', 'Anthropic'],
  ['sk-proj-canarycanarycanary', 'OpenAI'],
  ['gsk_canarycanarycanary', 'Groq'],
  ['gho_canarycanarycanary', 'GitHub'],
  ['github_pat_canarycanarycanary', 'GitHub, of one repository'],
  ['tid=0123456789abcdef;exp=1;sku=canary;8kp=1', 'Copilot'],
  ['cclt_canarycanarycanary', 'the link of a login page'],
  ['AIzaSycanarycanarycanarycanary', 'Gemini'],
  ['aoaAAAAAcanary:canary/canary+canary=', 'AWS'],
  ['rt_canarycanary.canary-canarycanary', 'OpenAI, of which a login is renewed'],
  ['ac_canarycanarycanarycanary', 'OpenAI, which a login is finished with'],
  ['http://ada:canary@proxy.example:3128', 'a proxy'],
  ['http://:canary%40@proxy.example', 'a proxy without a user'],
  ['Authorization: Bearer canarycanary', 'any'],
])('%s, of %s, is not shown', (text) => {
  expect(scrub(`before ${text} after`)).toMatch(/^before .*\*\*\*.* after$/);
  expect(scrub(`before ${text} after`)).not.toContain('canary');
});

test.each([
  'https://api.openai.com/v1/models',
  'http://127.0.0.1:8000/v1/messages',
  'http://[::1]:8000/?a=b@c',
  'see https://a.example/x:y and mail ada@b.example',
  'disk-usage-of-the-companion',
  'start_of_the_companion_and_of_its_link',
  'rt_short and ac_dc',
])('%s is left as it is', (text) => {
  expect(scrub(text)).toBe(text);
});
