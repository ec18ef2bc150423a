import { defineCommand } from '../../command.js'
import { helpCommand } from '../../help-command.js'
import { fileCommands } from './file.js'
import { inspectionCommands } from './inspect.js'
import { logCommands } from './log.js'
import { userCommands } from './users.js'

const LINES = [
  'ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CAT [<category>]',
  '    List the categories, or the commands of <category>.',
  'DELUSER <username> [<username> ...]',
  '    Remove users, and close their connections.',
  'DRYRUN <username> <command> [<arg> ...]',
  '    Tell whether the user may run the command, without running it.',
  'GETUSER <username>',
  '    Describe a user.',
  'GENPASS [<bits>]',
  '    Make up a password of 256 bits, or of <bits> bits.',
  'LIST',
  '    Show all users as files keep them.',
  'LOAD',
  '    Replace the users by those of the ACL file.',
  'LOG [<count> | RESET]',
  '    Show what was refused lately, or forget it.',
  'SAVE',
  '    Write the users to the ACL file.',
  'SETUSER <username> <attribute> [<attribute> ...]',
  '    Make a user, or change it.',
  'USERS',
  '    List the names of the users.',
  'WHOAMI',
  '    Name the user of this connection.',
  'HELP',
  '    Print this help.',
]

const help = helpCommand({ group: 'server', since: '6.0.0', lines: LINES })

export const acl = defineCommand({
  name: 'acl',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Users and what they may do',
  subcommands: [...fileCommands, help, ...inspectionCommands, ...logCommands, ...userCommands],
})
