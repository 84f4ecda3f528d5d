import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { printSchema } from 'graphql';
import { EventRecorder, type AccessLog } from '../access-log/index.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { AcceptGrant, Authority, type Caller } from '../grants/index.js';
import { createTokenVerifier, parseBearer } from '../identity/caller/index.js';
import { certificateCauseOf } from '../identity/certificate/index.js';
import { GatewayKeyRing } from '../identity/keys/index.js';
import { createTokenEndpoint, publicTokenKeys } from '../identity/token/index.js';
import { buildPartnerDoor, type PartnerDoor } from '../partner-api/partner-door.js';
import { DocumentReport, ReadBundle } from '../partners/index.js';
import type { Configuration } from '../platform/configuration/configuration.js';
import type { Database } from '../platform/database/database.js';
import { errorTable } from '../platform/graphql/error-table.js';
import { ReleasePace } from '../platform/http/release.js';
import type { GatewayLogger } from '../platform/telemetry/logger.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import {
  createGatedHttpsServer,
  type GatedHttpsServer,
} from '../platform/tls/client-certificate-gate.js';
import type { ListenerTls } from '../platform/tls/listener-files.js';
import { Crossings, Mistakes, ReadNotices, WithdrawReferral } from '../referrals/index.js';
import {
  ReadAccess,
  ReadReceipt,
  ReadReferrals,
  RecordRefusal,
  RequestReferral,
  VerifyIdentities,
  VerifyIdentity,
} from '../verification/index.js';
import { CertificateJudge, type PartnerPeer } from './certificate-judge.js';
import { ACCESS_LOG } from './settings.js';

export interface PartnerDoorSettings {
  readonly configuration: Configuration;
  readonly tls: ListenerTls;
  /** CA certificates partners trust the listener by; for their bundle. */
  readonly caCertificates: Parameters<ReadBundle['describeDoor']>[0]['caCertificates'];
  readonly now: () => Date;
  readonly logger: GatewayLogger;
  readonly metrics: Metrics;
}

export interface OpenedPartnerDoor extends PartnerDoor {
  /** Ends every connection. */
  cut(): void;
  /** Serves another certificate from the next connection on. */
  serveCertificate(tls: ListenerTls): void;
}

/** Builds the partner door over the rooms: its own listener, live trust, tokens, schema. */
export async function openPartnerDoor(
  settings: PartnerDoorSettings,
  context: INestApplicationContext,
  database: Database,
  shared: <T extends object>(type: Type<T>) => T,
): Promise<OpenedPartnerDoor> {
  const { configuration, tls, caCertificates, now, logger, metrics } = settings;
  const authority = context.get(Authority);
  const accessLog = context.get<AccessLog>(ACCESS_LOG);
  const events = context.get(EventRecorder);
  const documentReport = context.get(DocumentReport);
  const ring = context.get(GatewayKeyRing);

  const judge = new CertificateJudge(authority, now);
  let gate: GatedHttpsServer<PartnerPeer> | undefined;
  const peerOf = (socket: object): PartnerPeer | undefined => gate?.identityOf(socket);
  const newVerifier = () =>
    createTokenVerifier({
      issuer: configuration.publicUrl,
      audience: configuration.publicUrl,
      keys: publicTokenKeys(ring.verifierJwks),
      now,
      maxSkewSeconds: 5,
    });
  let verifier = newVerifier();
  ring.onChange(() => {
    verifier = newVerifier();
  });

  /** Certificate and token of a request, against authority as it is now. */
  const authenticate = async (request: IncomingMessage): Promise<Caller> => {
    const peer = peerOf(request.socket);
    if (peer === undefined) throw new GatewayError('ERR_TOKEN_REFUSED', { detail: 'certificate' });
    const fingerprint = peer.checked.fingerprintSha256.base64url;
    const token = parseBearer(request.headersDistinct['authorization']);
    const { clientId, officer, issuedAt, expiresAt, kid } = verifier.verify(token, fingerprint);
    await authority.refresh();
    if (!ring.acceptsToken(kid)) throw new GatewayError('ERR_TOKEN_REFUSED', { detail: 'key' });
    if (!judge.isInForce(peer)) {
      throw new GatewayError('ERR_TOKEN_REFUSED', { detail: 'certificate' });
    }
    return authority.establish({
      clientId,
      certificate: peer.checked,
      certificateFingerprint: fingerprint,
      tokenIssuedAt: issuedAt,
      tokenExpiresAt: expiresAt,
      ...(officer === undefined ? {} : { officer }),
    });
  };

  /** Partner behind the certificate of a request, against authority as it is now. */
  const partnerOf = async (request: IncomingMessage): Promise<PartnerCode> => {
    const peer = peerOf(request.socket);
    await authority.refresh();
    const fingerprint = peer?.checked.fingerprintSha256.base64url ?? '';
    const credential = authority.credential(fingerprint);
    if (peer === undefined || credential === undefined || peer.checked.notAfter <= now()) {
      throw new GatewayError('ERR_CERTIFICATE_REFUSED', { detail: 'no longer in force' });
    }
    return credential.partner;
  };

  authority.onRevokedToken((code) => {
    events.count('EVENT_TOKENS_REFUSED', 'token-revoked', code);
  });

  const tokenEndpoint = createTokenEndpoint({
    issuer: configuration.publicUrl,
    signingKeys: ring.tokenKeys(),
    currentKeys: async () => {
      await authority.refresh();
      return ring.tokenKeys();
    },
    clients: {
      byClientId: async (clientId) => {
        await authority.refresh();
        const client = authority.client(clientId);
        if (client?.active === false) {
          events.count('EVENT_TOKENS_REFUSED', 'client-revoked', client.partner);
        }
        return client === undefined ? undefined : { ...client, jwks: client.jwks.keys };
      },
    },
    database: { query: (sql, parameters) => database.dataSource.query(sql, [...parameters]) },
    officers: async (code) => {
      await authority.refresh();
      const named = authority.officerProvider(code);
      return named === undefined ? undefined : { issuer: named.issuer, keys: named.jwks.keys };
    },
    peerOf: (socket) => {
      const peer = peerOf(socket);
      return peer !== undefined && judge.isInForce(peer)
        ? { ...peer, subject: peer.checked.subject }
        : undefined;
    },
    now,
    onRefused: (error, detail) => {
      metrics.tokensRefused.inc({ cause: `endpoint ${error}` });
      events.count('EVENT_TOKENS_REFUSED', error);
      logger.info({ error, detail }, 'token refused');
    },
    onIssued: (clientId) => events.count('EVENT_TOKENS_ISSUED', clientId),
    onFault: (error) => logger.error({ code: nameOfFault(error) }, 'token endpoint'),
  });

  const partner = await buildPartnerDoor({
    useCases: {
      verifyIdentity: shared(VerifyIdentity),
      verifyIdentities: shared(VerifyIdentities),
      readAccess: shared(ReadAccess),
      readReceipt: shared(ReadReceipt),
      recordRefusal: shared(RecordRefusal),
      acceptGrant: shared(AcceptGrant),
      crossings: shared(Crossings),
      readNotices: shared(ReadNotices),
      mistakes: shared(Mistakes),
      requestReferral: shared(RequestReferral),
      withdrawReferral: shared(WithdrawReferral),
      readReferrals: shared(ReadReferrals),
    },
    serverFactory: (handler) => {
      gate = createGatedHttpsServer<PartnerPeer>(
        {
          certificate: tls.certificate,
          privateKey: tls.key,
          check: async (der) => judge.check(der),
          causeOf: certificateCauseOf,
          connectionKey: (peer) => peer.partner,
          http: { keepAliveTimeout: 60_000 },
          onRefused: (cause) => {
            metrics.handshakesRefused.inc({ cause });
            events.count('EVENT_CONNECTIONS_REFUSED', cause);
          },
        },
        handler,
      );
      return gate.server;
    },
    authenticate,
    isStopped: (code) => authority.isStopped(code),
    tokenEndpoint,
    log: { published: accessLog.published, partnerOf, now },
    documents: {
      ruleOf: (code) => authority.documentRule(code),
      note: (code, id, refused) => {
        metrics.untrustedDocuments.inc({ refused: String(refused) });
        documentReport.note(code, id, refused);
      },
    },
    pace: new ReleasePace(configuration.releaseDelayMs),
    logger,
    metrics,
  });
  context.get(ReadBundle).describeDoor({
    caCertificates,
    schema: `${printSchema(partner.schema)}\n`,
    errorTable: errorTable(),
  });
  authority.onChange(() => gate?.cutConnections((peer) => !judge.isInForce(peer)));
  return {
    ...partner,
    cut: () => gate?.cutConnections(() => true),
    serveCertificate: ({ certificate, key }) =>
      gate?.serveCertificate({ certificate, privateKey: key }),
  };
}

function nameOfFault(error: unknown): string {
  return error instanceof GatewayError ? error.code : error instanceof Error ? error.name : 'fault';
}
