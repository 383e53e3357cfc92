#!/usr/bin/env node
// The `rookery` command as npm installs it. Plain JavaScript that any Node understands: it says which Node is needed, then starts src/main.ts.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Rookery needs Node 24, this is Node ${process.versions.node}; start it through npm (npm start) or install Node 24.\n`,
  )
  process.exitCode = 1
} else {
  await import('../src/main.ts')
}
