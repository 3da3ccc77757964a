import '../../ui/tokens.css';
import '../../ui/base.css';
import '../../ui/page.css';
import { render } from 'preact';
import { connectBackground } from '../../ui/background.ts';
import { browserDoor } from '../../ui/browser-door.ts';
import { NowContext, startClock } from '../../ui/words.tsx';
import { OAuthDone } from './oauth-done.tsx';

const place = document.getElementById('app');
if (place !== null) {
  render(
    <NowContext.Provider value={startClock()}>
      <OAuthDone
        background={connectBackground(browserDoor)}
        loginId={new URLSearchParams(location.search).get('login')}
      />
    </NowContext.Provider>,
    place,
  );
}
