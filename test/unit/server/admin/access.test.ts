import { describe, expect, it } from 'vitest'
import { findAccessProblem, isLoopbackHost } from '../../../../src/server/admin/access.ts'

describe('isLoopbackHost', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1'])(
    'takes %s for this machine',
    (host) => {
      expect(isLoopbackHost(host)).toBe(true)
    },
  )

  it.each([
    '0.0.0.0',
    '::',
    '',
    '128.0.0.1',
    '127.0.0.1.example.com',
    '127.example.com',
    'localhost.example.com',
    'example.com',
    '192.168.0.1',
    '::ffff:10.0.0.1',
    '[127.0.0.1',
  ])('takes %s for no name of this machine alone', (host) => {
    expect(isLoopbackHost(host)).toBe(false)
  })
})

describe('findAccessProblem', () => {
  it.each(['localhost', 'localhost:8787', '127.0.0.1:8787', '[::1]:8787', '[::1]'])(
    'lets %s pass',
    (host) => {
      expect(findAccessProblem({ host }, 'loopback')).toBeUndefined()
    },
  )

  it.each([undefined, '', 'evil.example:8787', '127.0.0.1.evil.example', '10.0.0.1:8787'])(
    'turns away the host %s, unless any is taken',
    (host) => {
      expect(findAccessProblem({ host }, 'loopback')).toContain('host')
      expect(findAccessProblem({ host }, 'any')).toBeUndefined()
    },
  )

  it.each(['http://evil.example', 'null', 'http://127.0.0.1:9999', 'x http://127.0.0.1:8787'])(
    'turns away pages of the origin %s, whatever hosts it takes',
    (origin) => {
      const headers = { host: '127.0.0.1:8787', origin }
      expect(findAccessProblem(headers, 'loopback')).toContain('origin')
      expect(findAccessProblem(headers, 'any')).toContain('origin')
    },
  )

  it('turns away what a browser calls another site', () => {
    const host = 'localhost:8787'
    expect(findAccessProblem({ host, fetchSite: 'cross-site' }, 'any')).toContain('origin')
    expect(findAccessProblem({ host, fetchSite: 'same-site' }, 'any')).toContain('origin')
  })

  it('lets its own pages and typed addresses pass', () => {
    const host = 'localhost:8787'
    expect(findAccessProblem({ host, origin: `http://${host}` }, 'loopback')).toBeUndefined()
    expect(findAccessProblem({ host, fetchSite: 'none' }, 'loopback')).toBeUndefined()
    expect(findAccessProblem({ host, fetchSite: 'same-origin' }, 'loopback')).toBeUndefined()
  })
})
