/** What the stand-in of GitHub remembers, and how it is on a given day. */

export interface Grant {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly scope: string;
  decision: 'allow' | 'deny' | null;
  isOver: boolean;
  isUsed: boolean;
  intervalMs: number;
  lastPollAtMs: number;
}

export interface GithubScenario {
  readonly intervalSeconds: number;
  /** So many polls are answered with `slow_down`, by so many seconds each. */
  readonly slowDowns: number;
  readonly slowerBySeconds: number;
  readonly lastsSeconds: number;
  readonly isDeviceFlowOn: boolean;
  /** What the exchange is answered with; 200 trades. */
  readonly tradeStatus: number;
  readonly copilotLifeSeconds: number;
  /** What the token names as the address of the API. */
  readonly apiUrl: string;
  /** What Copilot's API is answered with; 200 serves. */
  readonly apiStatus: number;
  /** Non-stream answers of Claude models with tool calls come as two choices. */
  readonly splitsChoices: boolean;
}

export const calmDay: GithubScenario = {
  intervalSeconds: 0.05,
  slowDowns: 0,
  slowerBySeconds: 5,
  lastsSeconds: 900,
  isDeviceFlowOn: true,
  tradeStatus: 200,
  copilotLifeSeconds: 1800,
  apiUrl: 'https://api.individual.githubcopilot.com',
  apiStatus: 200,
  splitsChoices: true,
};

export interface GithubState {
  readonly clientId: string;
  /** By device code. */
  readonly grants: Map<string, Grant>;
  readonly githubTokens: Map<string, { isLive: boolean }>;
  /** With when each is over, Unix milliseconds. */
  readonly copilotTokens: Map<string, number>;
  readonly secrets: string[];
  trades: number;
  scenario: GithubScenario;
}
