import { describe, expect, test } from '@jest/globals';
import { readConfiguration, requireProductionSettings } from './configuration.js';

const production = {
  SAFECONDUCT_HOME: '/var/lib/safeconduct',
  SAFECONDUCT_MASTER_KEY_FILE: '/etc/safeconduct/master.key',
  SAFECONDUCT_LOG_KEY_FILE: '/etc/safeconduct/log.key',
  SAFECONDUCT_TOKEN_KEY_FILE: '/etc/safeconduct/token.jwk',
  SAFECONDUCT_CHECKPOINT_KEY_FILE: '/etc/safeconduct/checkpoint.jwk',
  SAFECONDUCT_PARTNER_TLS_CERT_FILE: '/etc/safeconduct/tls.pem',
  SAFECONDUCT_PARTNER_TLS_KEY_FILE: '/etc/safeconduct/tls.key',
  SAFECONDUCT_PUBLIC_URL: 'https://gateway.example.org',
  SAFECONDUCT_LOG_ORIGIN: 'log.example.org',
};

describe('the configuration', () => {
  test('takes a full production environment', () => {
    const configuration = readConfiguration(production);
    expect(requireProductionSettings(configuration).masterKeyFile).toBe(
      '/etc/safeconduct/master.key',
    );
    expect(configuration.partner.port).toBe(8443);
    expect(configuration.releaseDelayMs).toBe(50);
  });

  test.each(Object.keys(production).filter((name) => name !== 'SAFECONDUCT_HOME'))(
    'refuses a production start without %s, and with it empty',
    (name) => {
      for (const value of [undefined, '']) {
        const configuration = readConfiguration({ ...production, [name]: value });
        expect(() => requireProductionSettings(configuration)).toThrow(name);
      }
    },
  );

  test.each([
    ['SAFECONDUCT_PARTNER_PROT', '8443'],
    ['SAFECONDUCT_PARTNER_PORT', '65536'],
    ['SAFECONDUCT_PARTNER_PORT', '0x1F'],
    ['SAFECONDUCT_PUBLIC_URL', 'http://gateway.example.org'],
    ['SAFECONDUCT_PUBLIC_URL', 'https://gateway.example.org/'],
    ['SAFECONDUCT_LOG_ORIGIN', 'https://log.example.org'],
    ['SAFECONDUCT_RELEASE_DELAY_MS', '0'],
    ['SAFECONDUCT_LOG_RECORDS_PER_DAY', '0'],
    ['SAFECONDUCT_LOG_RETENTION_MONTHS', '5'],
    ['LOG_LEVEL', 'loud'],
    ['SAFECONDUCT_NOTIFY_WEBHOOK_URL', 'https://siem.example.org/alerts'],
    ['SAFECONDUCT_NOTIFY_KEY_FILE', '/etc/safeconduct/notify.key'],
    ['SAFECONDUCT_SYSLOG_URL', 'udp://siem.example.org:514'],
    ['DATABASE_URL', 'mysql://localhost/x'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => readConfiguration({ ...production, [name]: value })).toThrow(name);
  });

  test('takes outlets of alerts, the webhook over https only', () => {
    const outlets = {
      SAFECONDUCT_NOTIFY_WEBHOOK_URL: 'https://siem.example.org/alerts',
      SAFECONDUCT_NOTIFY_KEY_FILE: '/etc/safeconduct/notify.key',
      SAFECONDUCT_SYSLOG_URL: 'tls://siem.example.org:6514',
    };
    const { notify } = readConfiguration({ ...production, ...outlets });
    expect(notify.webhook?.keyFile).toBe('/etc/safeconduct/notify.key');
    expect(notify.syslogUrl).toBe('tls://siem.example.org:6514');
    const open = { ...outlets, SAFECONDUCT_NOTIFY_WEBHOOK_URL: 'http://siem.example.org/alerts' };
    expect(() => readConfiguration({ ...production, ...open })).toThrow('NOTIFY_WEBHOOK_URL');
  });

  const staffFiles = {
    SAFECONDUCT_STAFF_TLS_CERT_FILE: '/etc/safeconduct/staff.pem',
    SAFECONDUCT_STAFF_TLS_KEY_FILE: '/etc/safeconduct/staff.key',
    SAFECONDUCT_STAFF_CA_FILE: '/etc/safeconduct/staff-ca.pem',
  };

  test('has a staff door with all three of its files, and none with none', () => {
    expect(readConfiguration({ ...production, ...staffFiles }).staff).toEqual({
      host: '0.0.0.0',
      port: 9443,
      publicUrl: 'https://localhost:9443',
      files: {
        certificateFile: '/etc/safeconduct/staff.pem',
        keyFile: '/etc/safeconduct/staff.key',
        caFile: '/etc/safeconduct/staff-ca.pem',
      },
    });
    expect(readConfiguration(production).staff.files).toBeUndefined();
  });

  test.each(Object.keys(staffFiles))('refuses half a staff door, without %s', (name) => {
    expect(() => readConfiguration({ ...production, ...staffFiles, [name]: '' })).toThrow(name);
  });

  test('refuses an older TLS for staff, and their key inside the home', () => {
    expect(() => readConfiguration({ ...production, SAFECONDUCT_STAFF_TLS_MIN: '1.2' })).toThrow(
      'STAFF_TLS_MIN',
    );
    const inside = readConfiguration({
      ...production,
      ...staffFiles,
      SAFECONDUCT_STAFF_TLS_KEY_FILE: '/var/lib/safeconduct/staff.key',
    });
    expect(() => requireProductionSettings(inside)).toThrow(/inside SAFECONDUCT_HOME/);
  });

  test('refuses a key inside the home', () => {
    const configuration = readConfiguration({
      ...production,
      SAFECONDUCT_MASTER_KEY_FILE: '/var/lib/safeconduct/keys/master.key',
    });
    expect(() => requireProductionSettings(configuration)).toThrow(/inside SAFECONDUCT_HOME/);
  });

  test('takes a demonstration with nothing set', () => {
    const configuration = readConfiguration({});
    expect(configuration.publicUrl).toBe('https://localhost:8443');
    expect(() => requireProductionSettings(configuration)).toThrow(/PUBLIC_URL/);
  });
});
