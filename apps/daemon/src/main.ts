/** The `rookery` command. Thin: checks the Node it runs on before anything else is loaded; the commands are in cli.ts. */
const version = process.versions.node
if (Number(version.split('.')[0]) < 24) {
  process.stderr.write(
    `Rookery needs Node 24, this is Node ${version}; start it through npm (npm start) or install Node 24.\n`,
  )
  process.exitCode = 1
} else {
  const { runCommand } = await import('./cli.ts')
  process.exitCode = await runCommand(process.argv.slice(2))
}

export {}
