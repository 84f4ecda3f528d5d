import { Args, Context, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { parseStrictJson, type JsonValue } from '../platform/json/strict-json.js';
import { ReadPartners, type AnchorView, type PartnerView } from '../partners/index.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import {
  AddAnchorInput,
  AddCertificateInput,
  AddPartnerInput,
  ClientInput,
  ImportCrlInput,
  PartnerInput,
  RemoveClientKeyInput,
  RevokeAnchorInput,
  RevokeCertificateInput,
  SetClientKeysInput,
  SetPartnerContactsInput,
  SuspendStateInput,
  SetClientTlsSubjectInput,
  SetOfficerProviderInput,
  RemoveOfficerProviderInput,
  RevokeOfficerInput,
} from './partner.input.js';
import { Partner, PartnerAnchor } from './partner.type.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';

@Resolver()
export class PartnerResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly readPartners: ReadPartners,
  ) {}

  @Query(() => [Partner])
  async partners(@Context() { caller }: StaffContext): Promise<readonly PartnerView[]> {
    return this.readPartners.list(caller);
  }

  @Query(() => Partner)
  async partner(
    @Context() { caller }: StaffContext,
    @Args('code', { type: () => ID }) code: string,
  ): Promise<PartnerView> {
    const found = (await this.readPartners.list(caller)).find((partner) => partner.code === code);
    if (found === undefined) throw new GatewayError('ERR_NOT_FOUND', { argument: 'code' });
    return found;
  }

  @Query(() => [PartnerAnchor], { description: 'CAs of the host’s own.' })
  async hostAnchors(@Context() { caller }: StaffContext): Promise<readonly AnchorView[]> {
    return this.readPartners.hostAnchors(caller);
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'An organisation. It can do nothing until it has a certificate, a key and a grant. Waits for a second person.',
  })
  async addPartner(
    @Context() context: StaffContext,
    @Args('input', { type: () => AddPartnerInput }) input: AddPartnerInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'addPartner', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'Waits for a second person.' })
  async setPartnerContacts(
    @Context() context: StaffContext,
    @Args('input', { type: () => SetPartnerContactsInput }) input: SetPartnerContactsInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'setPartnerContacts', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'Waits for a second person.' })
  async resumePartner(
    @Context() context: StaffContext,
    @Args('input', { type: () => PartnerInput }) input: PartnerInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'resumePartner', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once: open connections end, tokens die.',
  })
  async suspendPartner(
    @Context() context: StaffContext,
    @Args('input', { type: () => PartnerInput }) input: PartnerInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'suspendPartner', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once: every partner of the state.' })
  async suspendState(
    @Context() context: StaffContext,
    @Args('input', { type: () => SuspendStateInput }) input: SuspendStateInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'suspendState', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'A client certificate of a registered CA. Waits for a second person.',
  })
  async addCertificate(
    @Context() context: StaffContext,
    @Args('input', { type: () => AddCertificateInput }) input: AddCertificateInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'addCertificate', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once.' })
  async revokeCertificate(
    @Context() context: StaffContext,
    @Args('input', { type: () => RevokeCertificateInput }) input: RevokeCertificateInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'revokeCertificate', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'A CA that issues client certificates directly. Waits for a second person.',
  })
  async addAnchor(
    @Context() context: StaffContext,
    @Args('input', { type: () => AddAnchorInput }) input: AddAnchorInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'addAnchor', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once: nothing it issued is accepted any more.',
  })
  async revokeAnchor(
    @Context() context: StaffContext,
    @Args('input', { type: () => RevokeAnchorInput }) input: RevokeAnchorInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'revokeAnchor', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'The revocation list of a registered CA, at once; never an older one.',
  })
  async importCrl(
    @Context() context: StaffContext,
    @Args('input', { type: () => ImportCrlInput }) input: ImportCrlInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'importCrl', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'All keys of a client from now on; two at once while rotating. Waits for a second person.',
  })
  async setClientKeys(
    @Context() context: StaffContext,
    @Args('input', { type: () => SetClientKeysInput }) input: SetClientKeysInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'setClientKeys', {
      ...input,
      jwks: readJson(input.jwks),
    });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once; tokens obtained before die with it.',
  })
  async removeClientKey(
    @Context() context: StaffContext,
    @Args('input', { type: () => RemoveClientKeyInput }) input: RemoveClientKeyInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'removeClientKey', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once.' })
  async suspendClient(
    @Context() context: StaffContext,
    @Args('input', { type: () => ClientInput }) input: ClientInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'suspendClient', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'tls_client_auth instead of private_key_jwt. Waits for a second person.',
  })
  async setClientTlsSubject(
    @Context() context: StaffContext,
    @Args('input', { type: () => SetClientTlsSubjectInput }) input: SetClientTlsSubjectInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'setClientTlsSubject', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'The identity provider that names officers. Waits for a second person.',
  })
  async setOfficerProvider(
    @Context() context: StaffContext,
    @Args('input', { type: () => SetOfficerProviderInput }) input: SetOfficerProviderInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'setOfficerProvider', {
      ...input,
      jwks: readJson(input.jwks),
    });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once: no officer is named any more.' })
  async removeOfficerProvider(
    @Context() context: StaffContext,
    @Args('input', { type: () => RemoveOfficerProviderInput }) input: RemoveOfficerProviderInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'removeOfficerProvider', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once and for good: tokens of this officer die.',
  })
  async revokeOfficer(
    @Context() context: StaffContext,
    @Args('input', { type: () => RevokeOfficerInput }) input: RevokeOfficerInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'revokeOfficer', { ...input });
  }
}

function readJson(text: string): JsonValue {
  try {
    return parseStrictJson(Buffer.from(text));
  } catch {
    throw inputInvalid('jwks');
  }
}
