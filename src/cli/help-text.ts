/** What `activeredis --help` prints. */
export const helpText = `activeredis looks after the data of models.

  activeredis index <action> <module>[#<Model>[,<Model>]] [options]

    status     which indexes are ready, being built, or of another release
    verify     compare records and entries both ways; changes nothing
    repair     the same, and put right what differs
    build      complete the indexes of attributes that became searchable
    rebuild    build, then repair
    prune      drop the indexes of attributes that are not searchable any more
    sweep      remove expired records now

    --scan-keys         verify, repair, rebuild: also walk all keys with SCAN, for what no index leads to
    --resume <token>    verify, repair, build, prune: go on where an interrupted run stopped, in the first model
    --limit <n>         sweep: at most so many records

  activeredis migrate <module>[#<Model>[,<Model>]] --from <redis|cluster|partitions> [options]

    --dry-run           change nothing; say what would be moved
    --wait-replicas <n> so many replicas must have a record before it leaves the old layout
    --finish            end a migration: when nothing is left to move and only releases of the new layout run

  Options of both:

    --url <url>         connection of all models; default: what the module or the environment says
    --batch-size <n>    records of one step
    --json              one line of JSON for each model

  The module is a compiled one, by path or name: ./dist/models.js#Visit. Without a model all that it exports are meant.

  Exit codes: 0 all is well; 1 there are findings, or something is left; 2 wrong use; 3 it could not be done;
  130 interrupted.
`
