import { expect, test } from '@jest/globals'
import { admissionRefusal, endpointText } from '../../src/server/admission.js'
import { Config } from '../../src/server/config.js'

const newcomer = (remoteAddress?: string) => ({ remoteAddress, needsNoPassword: true })

test('an unprotected server takes connections from its own machine only', () => {
  const config = new Config()
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
    expect(admissionRefusal(config, 0, newcomer(address))).toBeNull()
  }
  expect(admissionRefusal(config, 0, { isLocal: true, needsNoPassword: true })).toBeNull()
  for (const address of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', undefined]) {
    expect(admissionRefusal(config, 0, newcomer(address))).toMatch(
      /^-DENIED Redis is running in protected mode .*\r\n$/,
    )
  }
})

test('a password or protected-mode no lets other machines in', () => {
  expect(admissionRefusal(new Config(), 0, { remoteAddress: '10.0.0.1', needsNoPassword: false })).toBeNull()
  expect(admissionRefusal(new Config({ 'protected-mode': 'no' }), 0, newcomer('10.0.0.1'))).toBeNull()
})

test('nobody comes in beyond maxclients', () => {
  const config = new Config({ maxclients: 2 })
  expect(admissionRefusal(config, 1, newcomer('127.0.0.1'))).toBeNull()
  expect(admissionRefusal(config, 2, newcomer('127.0.0.1'))).toBe('-ERR max number of clients reached\r\n')
  expect(admissionRefusal(new Config({ maxclients: 1, 'cluster-enabled': 'yes' }), 1, newcomer('::1'))).toBe(
    '-ERR max number of clients + cluster connections reached\r\n',
  )
})

test('an address prints as Redis prints it', () => {
  expect(endpointText('127.0.0.1', 6379)).toBe('127.0.0.1:6379')
  expect(endpointText('::1', 6379)).toBe('[::1]:6379')
})
