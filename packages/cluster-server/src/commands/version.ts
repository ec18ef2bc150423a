/** The version of Redis whose commands and replies are followed; clients decide by it what they may ask for. */
export const REPORTED_VERSION = '7.0.15'
