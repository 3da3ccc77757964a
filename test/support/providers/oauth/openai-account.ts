/** Whose ChatGPT plan it is, in the shapes that the tokens tell it. */

export interface ChatGptAccount {
  readonly email: string;
  readonly name: string;
  /** What `ChatGPT-Account-Id` must name. */
  readonly accountId: string;
  readonly userId: string;
  /** `free`, `go`, `plus`, `pro`, `team`, ... */
  readonly plan: string;
  readonly organisations: readonly ChatGptOrganisation[];
}

export interface ChatGptOrganisation {
  readonly id: string;
  readonly title: string;
  readonly role: 'owner' | 'reader';
  readonly isDefault: boolean;
}

export const mary: ChatGptAccount = {
  email: 'mary@example.com',
  name: 'Mary Example',
  accountId: '0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5',
  userId: 'user-MaryExample0000000000001',
  plan: 'plus',
  organisations: [{ id: 'org-MaryPersonal000000000001', title: 'Personal', role: 'owner', isDefault: true }],
};

export const bob: ChatGptAccount = {
  email: 'bob@example.com',
  name: 'Bob Example',
  accountId: '5f6e7d8c-9b0a-4f1e-8d2c-3b4a59687706',
  userId: 'user-BobExample00000000000002',
  plan: 'team',
  organisations: [
    { id: 'org-BobPersonal0000000000002', title: 'Personal', role: 'owner', isDefault: false },
    { id: 'org-ExampleTeam0000000000003', title: 'Example Team', role: 'reader', isDefault: true },
  ],
};
