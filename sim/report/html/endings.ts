/** How requests end, in words and colours that are the same in all plots. */
import type { Ending } from '../../digest.ts'

export interface EndingStyle {
  ending: Ending
  words: string
  /** A colour of the page. */
  colour: string
  /** Not by colour alone. */
  symbol: 'circle' | 'triangle' | 'square' | 'diamond' | 'times'
}

export const endingStyles: readonly EndingStyle[] = [
  { ending: 'good', words: 'answered', colour: 'var(--blue)', symbol: 'circle' },
  {
    ending: 'refused',
    words: 'refused for rate (429)',
    colour: 'var(--amber)',
    symbol: 'triangle',
  },
  {
    ending: 'server error',
    words: 'failed, may be retried (5xx, 408, 409)',
    colour: 'var(--red)',
    symbol: 'square',
  },
  {
    ending: 'client error',
    words: 'failed for good (other 4xx)',
    colour: 'var(--violet)',
    symbol: 'diamond',
  },
  {
    ending: 'network',
    words: 'lost, cut off, timed out or given up',
    colour: 'var(--grey)',
    symbol: 'times',
  },
]
