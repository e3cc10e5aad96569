internal import Foundation

/// A canvas that is SVG text.
struct SVGCanvas: Canvas {
  /// Where the picture will stand.
  enum Place {
    /// Inside a page, whose variables give the colours.
    case page
    /// In a file of its own, with colours for white paper.
    case file
  }

  private let place: Place
  private let width: Double
  private let height: Double
  private let title: String
  private var body = ""

  init(_ place: Place, width: Double, height: Double, title: String) {
    self.place = place
    self.width = width
    self.height = height
    self.title = title
  }

  /// The whole picture, a well-formed XML document in a file.
  var text: String {
    let size = "viewBox=\"0 0 \(number(width)) \(number(height))\""
    let font = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, 'DejaVu Sans', sans-serif"
    let name = "<title>\(HTML.escaped(title))</title>\n"
    switch place {
    case .page:
      return "<svg class=\"plot\" role=\"img\" \(size) style=\"max-width:\(number(width))px\">\n"
        + name + body + "</svg>\n"
    case .file:
      return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) width=\"\(number(width))\" "
        + "height=\"\(number(height))\" font-family=\"\(font)\">\n" + name
        + "<rect width=\"100%\" height=\"100%\" fill=\"\(Ink.paper.colour.css)\"/>\n" + body
        + "</svg>\n"
    }
  }

  mutating func polyline(_ spots: [Spot], _ stroke: Stroke) {
    var style = paint("fill", nil) + paint("stroke", stroke.ink)
    style += ";stroke-width:\(number(stroke.width))"
    if !stroke.dash.isEmpty {
      style += ";stroke-dasharray:" + stroke.dash.map(number).joined(separator: " ")
    }
    if stroke.opacity < 1 { style += ";stroke-opacity:\(number(stroke.opacity))" }
    body += "<polyline points=\"\(list(spots))\" style=\"\(style)\"/>\n"
  }

  mutating func polygon(_ spots: [Spot], fill: Ink, opacity: Double) {
    body += "<polygon points=\"\(list(spots))\" style=\"\(filled(fill, opacity))\"/>\n"
  }

  mutating func circle(_ centre: Spot, radius: Double, fill: Ink) {
    body +=
      "<circle cx=\"\(number(centre.x))\" cy=\"\(number(centre.y))\" r=\"\(number(radius))\" "
      + "style=\"\(filled(fill, 1))\"/>\n"
  }

  mutating func rectangle(_ box: Box, fill: Ink, opacity: Double) {
    body +=
      "<rect x=\"\(number(box.x))\" y=\"\(number(box.y))\" width=\"\(number(box.width))\" "
      + "height=\"\(number(box.height))\" style=\"\(filled(fill, opacity))\"/>\n"
  }

  mutating func text(_ label: Label) {
    var style = filled(label.ink, 1) + ";font-size:\(number(label.size))px"
    if label.isBold { style += ";font-weight:600" }
    if label.hasHalo {
      style += ";paint-order:stroke;stroke-width:3px;stroke-linejoin:round"
      style += paint(";stroke", .paper)
    }
    let (x, y) = (number(label.at.x), number(label.at.y))
    let turn = label.isUpward ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
    let anchor = label.anchor == .start ? "" : " text-anchor=\"\(label.anchor.rawValue)\""
    body +=
      "<text x=\"\(x)\" y=\"\(y)\"\(anchor)\(turn) style=\"\(style)\">"
      + "\(HTML.escaped(label.text))</text>\n"
  }

  private func filled(_ ink: Ink, _ opacity: Double) -> String {
    paint("fill", ink) + (opacity < 1 ? ";fill-opacity:\(number(opacity))" : "")
  }

  private func paint(_ property: String, _ ink: Ink?) -> String {
    guard let ink else { return "\(property):none;" }
    return "\(property):" + (place == .page ? ink.variable : ink.colour.css)
  }

  private func list(_ spots: [Spot]) -> String {
    spots.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }

  private func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
