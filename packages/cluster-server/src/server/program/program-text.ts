import { REPORTED_VERSION } from '../../commands/version.js'
import { packageVersion } from '../package-version.js'

/** The answer to `--version`. */
export const versionText = (): string =>
  `ActiveRedis server v=${packageVersion()} redis=${REPORTED_VERSION} node=${process.versions.node} bits=64\n`

/** The answer to `--help`. */
export const helpText = `Usage: activeredis-server [/path/to/redis.conf] [options] [-]
       activeredis-server - (read the configuration from standard input)
       activeredis-server -v or --version
       activeredis-server -h or --help

Options are the settings of redis.conf: --name value. Later ones win: file, standard input, options.

Examples:
       activeredis-server (a server on port 6379)
       activeredis-server --port 7777
       activeredis-server --port 7777 --replicaof 127.0.0.1 8888
       activeredis-server --port 7001 --cluster-enabled yes (then: CLUSTER ADDSLOTSRANGE 0 16383)
       echo 'maxmemory 128mb' | activeredis-server -
       activeredis-server /etc/redis/redis.conf --loglevel verbose
`
