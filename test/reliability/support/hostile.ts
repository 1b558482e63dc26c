/** Shapes of XML that make a careless reader slow: the inside of a root element, of about n bytes. */
export const xmlShapes: Readonly<Record<string, (bytes: number, known: string) => string>> = {
  'unknown elements': (n) => '<A/>'.repeat(n / 4),
  'unknown names': (n) => filled(n, (at) => `<a${at.toString(36)}/>`),
  'deep elements': (n) => `${'<A>'.repeat(60)}${'</A>'.repeat(60)}`.repeat(n / 420),
  'known elements': (n, known) => known.repeat(n / known.length),
  'known between unknown': (n, known) => `${known}<A>b</A>`.repeat(n / (known.length + 8)),
  'long text': (n) => `<A>${'x'.repeat(n)}</A>`,
  references: (n) => `<A>${'&amp;&#65;'.repeat(n / 10)}</A>`,
  'CDATA sections': (n) => `<A>${'<![CDATA[<]]>'.repeat(n / 13)}</A>`,
  'one CDATA section': (n) => `<A><![CDATA[${'<]]'.repeat(n / 3)}]]></A>`,
  comments: (n) => '<!--x-->'.repeat(n / 8),
  'one comment': (n) => `<!--${'< '.repeat(n / 2)}-->`,
  instructions: (n) => '<?a b?>'.repeat(n / 7),
  blanks: (n) => ' \r\n'.repeat(n / 3),
  'carriage returns': (n) => `<A>${'\r'.repeat(n)}</A>`,
  attributes: (n) => `<A ${filled(n, (at) => ` b${at.toString(36)}="c"`)}/>`,
  'one attribute': (n) => `<A b="${'&lt;'.repeat(n / 4)}"/>`,
  namespaces: (n) => filled(n, (at) => `<p${at}:A xmlns:p${at}="u"></p${at}:A>`),
  'one name': (n) => `<${'a:'.repeat(n / 4)}b></${'a:'.repeat(n / 4)}b>`,
  'an open element': (n) => '<A>b</A>'.repeat(n / 8 - 1) + '<A',
}

/** Pieces one after the other, up to that length. */
export function filled(length: number, piece: (at: number) => string): string {
  const pieces: string[] = []
  let total = 0
  for (let at = 0; total < length; at++) {
    const text = piece(at)
    pieces.push(text)
    total += text.length
  }
  return pieces.join('')
}
