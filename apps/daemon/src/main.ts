/** The `rookery` command. Thin: checks the Node it runs on before anything else is loaded; the commands are in cli.ts. */
const version = process.versions.node
if (Number(version.split('.')[0]) < 24) {
  process.stderr.write(
    `Rookery needs Node 24, this is Node ${version}; start it through npm (npm start) or install Node 24.\n`,
  )
  process.exitCode = 1
} else {
  // A server keeps many small things for long and makes little garbage for each stanza. Left alone, the space for young
  // objects grows to tens of megabytes in a burst of logins, for nothing. docs/develop/performance.md has the figures.
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--semi-space-growth-factor=1')
  const { runCommand } = await import('./cli.ts')
  process.exitCode = await runCommand(process.argv.slice(2))
}

export {}
