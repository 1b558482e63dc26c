import { afterAll, expect, it } from 'vitest'
import { record } from '../support/proof.ts'
import { StepCounter } from '../support/steps.ts'

/** Before the sources are loaded, so that it counts them. */
const counter = new StepCounter()
const { shapedParsers } = await import('./linear-shapes.ts')

const defaultMaxLength = 64_000
/** Twice the input may take twice the steps, and a few that do not depend on it. */
const maxGrowth = 2.2
const constantSteps = 3000

let doublings = 0
let superlinear = 0

afterAll(() => {
  counter[Symbol.dispose]()
  record({
    proof: 'linear parsing',
    unit: 'doublings',
    reached: doublings,
    required: 900,
    failures: { 'super-linear': superlinear },
    notes: [`${Object.keys(shapedParsers).length} parsers`],
  })
})

it.each(Object.entries(shapedParsers))(
  '%s',
  async (_name, { parse, shapes, maxLength = defaultMaxLength }) => {
    for (const [shape, make] of Object.entries(shapes)) {
      // What is prepared once, as the layout of a listing's items, is not counted.
      await counter.count(() => parse(make(maxLength / 8)))
      let before = await counter.count(() => parse(make(maxLength / 8)))
      for (let length = maxLength / 4; length <= maxLength; length *= 2) {
        const steps = await counter.count(() => parse(make(length)))
        doublings++
        const isLinear = steps <= before * maxGrowth + constantSteps
        if (!isLinear) superlinear++
        expect
          .soft(isLinear, `${shape}: ${before} steps, then ${steps} of ${length} characters`)
          .toBe(true)
        before = steps
      }
    }
  },
)
