import '../../ui/tokens.css';
import '../../ui/base.css';
import '../../ui/page.css';
import './dashboard.css';
import './overview/figures.css';
import './charts/charts.css';
import './overview/shares.css';
import './parts/parts.css';
import './requests/requests.css';
import './accounts/accounts.css';
import './parts/forms.css';
import './keys/keys.css';
import './settings/settings.css';
import { render } from 'preact';
import { connectBackground } from '../../ui/background.ts';
import { browserDoor } from '../../ui/browser-door.ts';
import { NowContext, startClock } from '../../ui/words.tsx';
import { Dashboard } from './dashboard.tsx';

const place = document.getElementById('app');
if (place !== null) {
  render(
    <NowContext.Provider value={startClock()}>
      <Dashboard background={connectBackground(browserDoor)} />
    </NowContext.Provider>,
    place,
  );
}
