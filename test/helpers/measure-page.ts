/**
 * What a reader could not read of a page, measured in the browser itself: each function whose name begins with `read`
 * runs there and knows nothing from outside its own braces.
 */

/** Letters on the screen. */
export interface ShownText {
  text: string
  /** Pixels of the screen. */
  sizePx: number
  left: number
  right: number
  top: number
  bottom: number
  /** Red, green, blue and opacity, each to 255, of the letters and of what is behind them. */
  colour: number[]
  background: number[]
  /** The number of the plot that it is in; -1 outside of plots. */
  plot: number
  /** In something that scrolls by itself. */
  scrolls: boolean
}

/** Every piece of text that can be seen. */
export function readTexts(): ShownText[] {
  const plots = [...document.querySelectorAll('svg')]
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const texts: ShownText[] = []
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  // Whatever the notation of a colour, a pixel of it is red, green, blue and opacity.
  const readColour = (colour: string): number[] => {
    if (canvas === null) throw new Error('no canvas')
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const backgroundOf = (element: Element | null): number[] => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = readColour(getComputedStyle(at).backgroundColor)
      if (colour[3] === 255) return colour
    }
    return [255, 255, 255, 255]
  }
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    const text = node.textContent?.trim() ?? ''
    if (element === null || text === '' || element.closest('style, .word') !== null) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    const box = range.getBoundingClientRect()
    if (box.width === 0 || box.height === 0) continue
    const style = getComputedStyle(element)
    const svg = element.closest('svg')
    const scale = svg === null ? 1 : (svg.getScreenCTM()?.a ?? 0)
    texts.push({
      text: text.slice(0, 60),
      sizePx: Number.parseFloat(style.fontSize) * scale,
      left: box.left,
      right: box.right,
      top: box.top + scrollY,
      bottom: box.bottom + scrollY,
      colour: readColour(svg === null ? style.color : style.fill),
      background: backgroundOf(element),
      plot: svg === null ? -1 : plots.indexOf(svg),
      scrolls: element.closest('.scroll, pre') !== null,
    })
  }
  return texts
}

/** From 1 to 21. */
export function contrastOf({ colour, background }: ShownText): number {
  const [one, two] = [luminanceOf(colour), luminanceOf(background)]
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
}

function luminanceOf(colour: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const share = value / 255
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** How large each figure's plot is on the screen; of several for different screens the one that is seen. */
export function readFigures(): { title: string; width: number; height: number; marks: number }[] {
  return [...document.querySelectorAll('figure')].map((figure) => {
    const seen = [...figure.querySelectorAll('svg')].filter(
      (svg) => svg.getClientRects().length > 0,
    )
    const [svg] = seen
    const box = svg?.getBoundingClientRect()
    return {
      title: figure.querySelector('h4')?.textContent ?? '',
      width: seen.length === 1 ? (box?.width ?? 0) : 0,
      height: box?.height ?? 0,
      marks: svg?.querySelectorAll('rect, circle, path:not([stroke="currentColor"])').length ?? 0,
    }
  })
}

/** How far the page is wider than the screen. */
export function readOverflow(): number {
  return document.documentElement.scrollWidth - window.innerWidth
}

/** The cells of a table, row by row. */
export function readRows(selector: string): string[][] {
  return [...document.querySelectorAll(`${selector} tbody tr`)].map((row) =>
    [...row.querySelectorAll('th, td')].map((cell) => cell.textContent?.trim() ?? ''),
  )
}
