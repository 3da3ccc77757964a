/** `claude_code`: claude Code on this computer. */
import { z } from 'zod';
import { boolean, booleanWords, text, wholeNumber } from '../form.ts';
import { setting } from '../setting.ts';

export const claudeCodeSettings = z.strictObject({
  mode: setting(z.enum(['on-request', 'auto', 'off']).default('on-request'), {
    description: 'when your Claude Code answers: `on-request`, `auto` (also when nothing else can), `off`',
    reloads: true,
    allowed: 'on-request, auto or off',
  }),
  path: setting(text.optional(), {
    description: 'the program, if it is not found by itself',
    allowed: 'the path of a program',
    isPath: true,
    neverInDotEnv: true,
  }),
  use_login: setting(boolean.default(false), {
    description:
      "Claude Code's own login also serves API requests; see what `companion auth adopt claude-code` says of it",
    reloads: true,
    allowed: booleanWords,
    neverInDotEnv: true,
  }),
  warm: setting(wholeNumber(0, 4).default(1), {
    description: 'how many Claude Code processes are kept ready once it was used',
    allowed: 'a whole number from 0 to 4',
  }),
});
