import { ormSuite } from '../integration/orm-suite.js'
import { containerKinds, describeTargets } from '../support/targets.js'

describeTargets(containerKinds, ormSuite)
