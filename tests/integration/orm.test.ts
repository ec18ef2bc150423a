import { describeTargets, serverKinds } from '../support/targets.js'
import { ormSuite } from './orm-suite.js'

describeTargets(['memory', ...serverKinds], ormSuite)
