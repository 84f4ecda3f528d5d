import type { DataSource } from 'typeorm';
import type { Anchor, Credential, OAuthClient, Partner } from './partner.js';
import {
  insertAnchor,
  insertCredential,
  insertOAuthClient,
  insertPartner,
} from './partner.repository.js';

export interface PartnerRegistration {
  readonly partner: Partner;
  readonly anchor: Anchor;
  readonly credential: Credential;
  readonly client: OAuthClient;
}

/** Registers a partner with what it authenticates by, wholly or not at all. */
export async function registerPartner(
  dataSource: DataSource,
  { partner, anchor, credential, client }: PartnerRegistration,
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await insertPartner(manager, partner);
    await insertAnchor(manager, anchor);
    await insertCredential(manager, credential);
    await insertOAuthClient(manager, client);
  });
}
