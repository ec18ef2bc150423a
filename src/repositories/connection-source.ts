import type { Connection } from '../connections/connection.js'

/** Gives a repository its connection, anew for each operation, so that one that was closed and opened again is found. */
export type ConnectionSource = () => Promise<Connection>
