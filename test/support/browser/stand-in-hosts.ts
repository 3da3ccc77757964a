/** For a browser of a test these are all one address: that of the stand-in of claude.ai, and of its guests. */
export const standInHosts = ['claude.ai', 'platform.claude.com', 'auth.openai.com'] as const;
