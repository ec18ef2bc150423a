/** What the command `help` of the debugger answers. */
export const DEBUGGER_HELP: readonly string[] = [
  'Commands of the debugger, by their names or their first letters:',
  'help                 This list.',
  'step, next           Runs the line, and stops again.',
  'continue             Runs until a breakpoint.',
  'list [line] [ctx]    Lines around the one that is next, or around another one.',
  'whole                All lines.',
  'print [name]         Local variables, or one of them; KEYS and ARGV too.',
  'break                Breakpoints.',
  'break <line>         Sets a breakpoint; -<line> removes it, 0 removes all.',
  'trace                The functions that are running.',
  'eval <code>          Runs a piece of Lua, which does not see the variables.',
  'redis <command>      Runs a command.',
  'maxlen [length]      Cuts what is printed; 0 does not.',
  'abort                Ends the script; what it has changed stays changed.',
  '',
  'In a script: redis.debug(...) prints here, redis.breakpoint() stops at the next line.',
]
