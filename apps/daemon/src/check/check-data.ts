/** Can the data folder be written, and is it private? */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connectAccounts } from '../control/control-client.ts'
import { explain } from '../failure.ts'
import type { Finding } from './finding.ts'

const littleRoom = 100 * 1024 * 1024

export async function checkData(data: string): Promise<Finding[]> {
  const finding = (level: Finding['level'], text: string, fix?: string): Finding => ({
    area: 'data',
    level,
    text,
    ...(fix === undefined ? {} : { fix }),
  })
  if (!existsSync(data)) {
    const parent = firstThatExists(data)
    return isWritable(parent)
      ? [finding('ok', `${data} does not exist yet; the first start makes it.`)]
      : [
          finding(
            'error',
            `${data} does not exist, and this user may not make it in ${parent}.`,
            `Make it: mkdir -m 700 ${data}, and give it to the user the server runs as.`,
          ),
        ]
  }
  const info = statSync(data)
  if (!info.isDirectory()) return [finding('error', `${data} is not a folder.`, 'Name another folder under data.')]
  const files = [
    data,
    ...['rookery.db', 'certificates'].map((name) => join(data, name)).filter((path) => existsSync(path)),
  ]
  const closed = files.filter((path) => !isWritable(path))
  if (closed.length > 0)
    return [
      finding(
        'error',
        `This user may not write to ${closed.join(', ')}.`,
        'Run as the user the server runs as, or change the owner with chown -R.',
      ),
    ]
  const findings = [finding('ok', `${data} can be written.`)]
  if (process.platform !== 'win32' && (info.mode & 0o077) !== 0)
    findings.push(finding('warning', `Other users of this machine may look into ${data}.`, `chmod 700 ${data}`))
  const { bavail, bsize } = statfsSync(data)
  if (bavail * bsize < littleRoom)
    findings.push(
      finding(
        'warning',
        `Only ${Math.floor((bavail * bsize) / 1_048_576)} MB are free on the disk of ${data}.`,
        'Make room, or move the folder to another disk.',
      ),
    )
  try {
    const running = await connectAccounts(data)
    if (running !== undefined) findings.push(finding('ok', 'A server is running on this folder and answers.'))
  } catch (error) {
    findings.push(finding('warning', explain(error) ?? String(error)))
  }
  return findings
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

function firstThatExists(path: string): string {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return at
}
