const addressPattern = /^[0-9A-Za-z.:%_-]{0,45}$/
const hostnamePattern = /^[0-9A-Za-z.-]{0,255}$/

/**
 * Whether a text can be the address of a node: an IP address, a name that was announced in its place, or nothing. None
 * has what separates the fields of nodes.conf.
 */
export const isNodeAddress = (text: string): boolean => addressPattern.test(text)

/** Whether `cluster-announce-hostname` takes a text. */
export const isHostname = (text: string): boolean => hostnamePattern.test(text)
