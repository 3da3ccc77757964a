/** `providers`: providers of a person's own. */
import { blockNames, providerBlocks } from '../provider-block.ts';
import { setting } from '../setting.ts';

export const providerSettings = setting(providerBlocks.default([]), {
  description: 'further providers: servers of your own, or others that speak these APIs',
  reloads: true,
  allowed: 'a list of providers',
  isSecret: true,
  isInFileOnly: true,
  formerly: ['openai-compatibility'],
  parts: blockNames,
});
