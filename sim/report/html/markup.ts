/** Text as HTML. */

/** Markup that needs no escaping any more. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Markup | string | number | readonly Markup[]

/** A template whose values are escaped unless they are markup; only its own indentation is dropped. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Markup {
  const parts = strings.map((text, index) => {
    const flat = text.replaceAll(/\n\s+/g, '\n')
    return index < values.length ? flat + textOf(values[index] ?? '') : flat
  })
  return new Markup(parts.join(''))
}

export const nothing: Markup = new Markup('')

function textOf(value: Part): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('\n')
  return escapeHtml(String(value))
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
