/// The page's style sheet: light and dark by the reader's preference, and paper.
enum PageStyle {
  static var text: String {
    """
    :root { \(variables(light: true)) color-scheme: light dark; }
    @media screen and (prefers-color-scheme: dark) { :root { \(variables(light: false)) } }
    \(rules)
    """
  }

  private static func variables(light: Bool) -> String {
    let named: [(String, String, String)] = [
      ("paper", "#ffffff", "#15181c"), ("text", "#1b1f24", "#e4e8ec"),
      ("muted", "#57606a", "#9aa4af"), ("grid", "#d8dee4", "#343b43"),
      ("panel", "#f5f7f9", "#1d2228"), ("link", "#0a5ca8", "#79bdff"),
      ("good", "#00694c", "#4fd1a8"), ("bad", "#a83c00", "#ff9a5c"),
      ("mark", "#ffe9a8", "#5c4a00"),
    ]
    let series = (light ? Ink.seriesColours : Ink.darkSeriesColours).enumerated()
      .map { ("s\($0.offset + 1)", $0.element.css) }
    return (named.map { ($0.0, light ? $0.1 : $0.2) } + series)
      .map { "--\($0.0): \($0.1);" }.joined(separator: " ")
  }

  private static let rules = """
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 4rem; max-width: 72rem;
      background: var(--paper); color: var(--text); line-height: 1.5;
      font-family: system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
    h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.3rem; margin: 2.6rem 0 .6rem; padding-top: .6rem;
      border-top: 1px solid var(--grid); }
    h3 { font-size: 1.05rem; margin: 0; }
    h4 { font-size: .85rem; margin: 0 0 .4rem; color: var(--muted); font-weight: 600; }
    h5 { font-size: .8rem; margin: .6rem 0 .1rem; color: var(--muted); font-weight: 600; }
    p { margin: .4rem 0; max-width: 46rem; overflow-wrap: anywhere; }
    a { color: var(--link); }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    .lead { font-size: 1.1rem; }
    .note, .facts { color: var(--muted); font-size: .9rem; }
    nav ul { list-style: none; padding: 0; margin: 1rem 0 0; display: flex; flex-wrap: wrap;
      gap: .3rem 1.2rem; }
    figure { margin: 1.8rem 0; }
    svg.plot { display: block; width: 100%; height: auto; margin: .5rem 0; font-family: inherit; }
    .grid { display: grid; gap: 0 2rem;
      grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); }
    .grid figure { margin: 1rem 0; min-width: 0; }
    .grid h3 { font-size: .95rem; }
    .scroll { overflow-x: auto; margin: .6rem 0; }
    table { border-collapse: collapse; font-size: .88rem; }
    caption { text-align: left; color: var(--muted); font-size: .85rem; padding: 0 0 .3rem; }
    th, td { text-align: left; vertical-align: top; padding: .28rem .8rem .28rem 0;
      border-bottom: 1px solid var(--grid); max-width: 26rem; overflow-wrap: break-word;
      min-width: 3.5rem; }
    th { font-weight: 600; }
    td .hash { overflow-wrap: anywhere; }
    td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    th.number { text-align: right; }
    tbody th { font-weight: 500; }
    .holds, .contradicted, .undecided { white-space: nowrap; }
    .holds { color: var(--good); font-weight: 600; }
    .contradicted { color: var(--bad); font-weight: 600; }
    .undecided { color: var(--muted); font-weight: 600; }
    code, pre, .hash { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
      font-size: .82rem; }
    pre { background: var(--panel); padding: .7rem .9rem; overflow-x: auto; border-radius: 4px;
      white-space: pre-wrap; overflow-wrap: anywhere; }
    .diff { padding: .5rem 0; }
    .diff span { display: block; padding: 0 .9rem; }
    .diff .removed { color: var(--bad); }
    .diff .added { color: var(--good); }
    .diff .skipped { color: var(--muted); }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: .6rem 0;
      font-size: .9rem; }
    dt { color: var(--muted); }
    dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
    details { margin: .7rem 0; }
    summary { cursor: pointer; font-weight: 600; font-size: .95rem; }
    button, select, input { font: inherit; font-size: .88rem; color: inherit;
      background: var(--paper); border: 1px solid var(--muted); border-radius: 4px;
      padding: .25rem .6rem; }
    button { cursor: pointer; }
    button:disabled { opacity: .45; cursor: default; }
    button.read { padding: 0 .5rem; font-size: .82rem; border-color: var(--grid);
      color: var(--link); }
    .transcripts[open] { background: var(--panel); padding: .7rem 1rem; border-radius: 6px; }
    .filters { display: flex; flex-wrap: wrap; gap: .6rem 1rem; margin: .7rem 0; }
    .filters label { display: flex; flex-direction: column; font-size: .8rem; color: var(--muted);
      min-width: 0; }
    .filters label[hidden] { display: none; }
    .filters select { max-width: 16rem; color: var(--text); }
    .filters input { width: 100%; color: var(--text); }
    .filters .wide { flex: 1 1 14rem; }
    .pager { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
    .status { color: var(--muted); font-size: .85rem; margin: 0 0 0 .4rem; }
    .transcript { background: var(--paper); border: 1px solid var(--grid); border-radius: 6px;
      padding: .7rem 1rem; margin: .7rem 0; }
    .text { white-space: pre-wrap; margin: .1rem 0; max-width: 56rem; }
    .prompt { font-weight: 600; }
    mark { background: var(--mark); color: inherit; }
    @media (max-width: 40rem) {
      dl { grid-template-columns: 1fr; gap: 0; }
      dd { margin-bottom: .4rem; }
    }
    @media print {
      body { max-width: none; padding: 0; font-size: 10pt; }
      nav, .transcripts, button { display: none; }
      .scroll { overflow: visible; }
      figure, tr, .transcript { break-inside: avoid; }
      h2, h3, caption { break-after: avoid; }
      svg.plot { max-height: 20cm; }
      pre { white-space: pre-wrap; }
    }
    """
}
