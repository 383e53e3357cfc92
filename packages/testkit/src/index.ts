/** For tests of XMPP software: a real server in the test's process, an in-memory transport, a clock that obeys, scenarios. */
export { FakeClock } from './fake-clock.ts'
export { type ClientEnd, memoryPair } from './memory-pair.ts'
export { startTestServer, type TestAccount, type TestServer, type TestServerOptions } from './test-server.ts'
