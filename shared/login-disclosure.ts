/** What a person reads before a login: in the popup, in the terminal and over the control routes, the same words. */
import type { LoginProviderId } from './credential.ts';

export interface LoginDisclosure {
  readonly title: string;
  /** Plain text, in this order. The last one says what to do instead, or what happens when the provider refuses. */
  readonly paragraphs: readonly string[];
  readonly link: { readonly text: string; readonly url: string };
}

const ownAccount =
  'You sign in with your own account, on this computer. The companion keeps the tokens here and sends them to nobody ' +
  'but the provider; the extension never sees them. It says honestly who it is, and pretends to be no other program.';

const disclosures: Readonly<Record<LoginProviderId, LoginDisclosure>> = {
  anthropic: {
    title: 'Sign in with your Claude subscription',
    paragraphs: [
      'Anthropic gives out no client id for programs like this one, so the login uses the public one of its own Claude ' +
        'Code: the page that opens will say “Claude Code”, not “CCProxy Companion”.',
      'Anthropic’s published terms say that signing in with a Free, Pro, Max, Team or Enterprise plan is meant for Claude ' +
        'Code and Anthropic’s own apps. Other developers may not offer that login, send requests through it for their ' +
        'users, or collect, store or pass on its tokens. Read as they stand, they do not allow what this login does, and ' +
        'they say that Anthropic may act on it without notice. Whether you use it is your decision.',
      ownAccount,
      'Anthropic may refuse such requests at any time, or restrict the account. Then you see its own words, and nothing ' +
        'here works around them. An API key is what Anthropic asks programs to use; Claude Code mode uses your own ' +
        'Claude Code instead of this login.',
    ],
    link: {
      text: 'What Anthropic says about it',
      url: 'https://code.claude.com/docs/en/legal-and-compliance',
    },
  },
  openai: {
    title: 'Sign in with your ChatGPT plan',
    paragraphs: [
      'OpenAI gives out no client id for programs like this one, so the login uses the public one of its own Codex CLI: ' +
        'the page that opens will say “Codex”, not “CCProxy Companion”. Requests then count towards the Codex limits of ' +
        'your plan.',
      'OpenAI’s terms apply, and nothing in them promises that a ChatGPT plan may be used by other programs. Whether you ' +
        'use it is your decision.',
      `${ownAccount} They rest in the file of the Codex CLI, which then is signed in as well.`,
      'OpenAI may refuse such requests at any time. Then you see its own words, and nothing here works around them; an ' +
        'API key always remains.',
    ],
    link: { text: 'OpenAI’s terms of use', url: 'https://openai.com/policies/terms-of-use/' },
  },
  copilot: {
    title: 'Sign in with GitHub Copilot',
    paragraphs: [
      'GitHub shows you a code to confirm, and names the OAuth app whose client id you set. The companion has none of its ' +
        'own and borrows no editor’s: it says who it is in every request.',
      'GitHub’s terms for Copilot apply. The API behind it is made for GitHub’s own clients and not documented for others, ' +
        'and nothing promises that it may be used like this. Requests count towards the limits of your plan, premium ' +
        'requests included. Whether you use it is your decision.',
      ownAccount,
      'GitHub may refuse such requests at any time. Then you see its own words, and nothing here works around them.',
    ],
    link: {
      text: 'GitHub’s terms for Copilot',
      url: 'https://docs.github.com/en/site-policy/github-terms/github-terms-for-additional-products-and-features',
    },
  },
  kiro: {
    title: 'Sign in with Kiro',
    paragraphs: [
      'AWS shows you a code to confirm, for an AWS Builder ID or for the IAM Identity Center of your organisation. The ' +
        'companion registers itself there under its own name, “CCProxy Companion”.',
      'The terms of AWS and of Kiro apply. The API behind Kiro is made for its own clients and not documented for others, ' +
        'and nothing promises that it may be used like this. Requests count towards the limits of your plan. Whether you ' +
        'use it is your decision.',
      ownAccount,
      'AWS may refuse such requests at any time. Then you see its own words, and nothing here works around them.',
    ],
    link: { text: 'The terms of Kiro', url: 'https://kiro.dev/license/' },
  },
};

/** Shown before the provider's page opens, never after. */
export function loginDisclosure(provider: LoginProviderId): LoginDisclosure {
  return disclosures[provider];
}

/** The same as one text for a terminal: title, paragraphs and the link's address, with an empty line between each. */
export function disclosureText(provider: LoginProviderId): string {
  const { title, paragraphs, link } = disclosures[provider];
  return [title, ...paragraphs, `${link.text}: ${link.url}`].join('\n\n');
}
