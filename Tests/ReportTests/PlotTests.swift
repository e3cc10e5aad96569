import Foundation
import RunStore
import Testing

@testable import Report

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct TicksTests {
  @Test func ticksAreRoundAndCoverTheRange() {
    #expect(Ticks(from: 0, to: 1).labels == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Ticks(from: -0.3, to: 0.3, count: 4).values == [-0.4, -0.2, 0, 0.2, 0.4])
    #expect(
      Ticks(from: 1, to: 6, count: 6, minimumStep: 1).labels == ["1", "2", "3", "4", "5", "6"])
    #expect(Ticks(from: 2, to: 2, minimumStep: 0).values.count > 1)
  }

  @Test(arguments: [
    (0.0, 0.0), (1e-9, 2e-9), (-5e8, 7e11), (3, 3.0000000001), (.nan, 1), (0, .infinity),
    (-1e308, 1e308), (0.1, 0.30000000000000004),
  ])
  func anyRangeHasSomeTicks(_ low: Double, _ high: Double) {
    let ticks = Ticks(from: low, to: high)
    #expect((2...13).contains(ticks.values.count))
    #expect(zip(ticks.values, ticks.values.dropFirst()).allSatisfy { $0 < $1 })
    if low.isFinite, high.isFinite, high - low < 1e300 {
      #expect(ticks.low <= low + 1e-9 * abs(low))
      #expect(ticks.high >= high - 1e-6 * abs(high))
    }
  }
}

@Suite struct PlotTests {
  static let long = "a setting with a very long name that nobody would want to read, version-"

  /// A plot of so many series and labels, with long names or short.
  static func plot(
    _ kind: FigureKind, series: Int, labels: Int, isLong: Bool = false, hasX: Bool = true
  ) -> Plot {
    Plot(
      kind: kind, title: isLong ? "The title of \(long) and \(long)" : "Title",
      xLabel: "rounds", yLabel: isLong ? "harmfulness of \(long)" : "harmfulness",
      series: (0..<series).map { index in
        Plot.Series(
          name: isLong ? "\(long)\(index)" : "series \(index)",
          points: (0..<labels).map { label in
            let y = sin(Double(label + 1) * Double(index + 1)) / 2
            let x = hasX ? Double(label * label) : nil
            return Plot.Point(
              label: isLong ? "\(label): \(long)" : "label \(label)", x: x,
              xLow: x.map { $0 - 0.5 }, xHigh: x.map { $0 + 0.5 }, y: y, low: y - 0.1,
              high: y + 0.1)
          })
      })
  }

  static let shapes: [(FigureKind, Int, Int, Bool)] = FigureKind.allCases.flatMap { kind in
    [(1, 1), (2, 3), (4, 6), (5, 12), (12, 2), (7, 40)].flatMap { series, labels in
      [false, true].map { (kind, series, labels, $0) }
    }
  }

  @Test(arguments: shapes)
  func labelsStayInTheFrameAndApart(
    _ kind: FigureKind, _ series: Int, _ labels: Int, _ isLong: Bool
  ) {
    for hasX in [true, false] {
      let plot = PlotTests.plot(kind, series: series, labels: labels, isLong: isLong, hasX: hasX)
      let sketch = plot.sketch(showsTitle: true)
      let boxes = sketch.labels.map { ($0.text, $0.box) }
      for (text, box) in boxes {
        #expect(sketch.frame.contains(box), "\(text) \(box) in \(sketch.frame)")
      }
      for (index, (text, box)) in boxes.enumerated() {
        for (other, otherBox) in boxes.dropFirst(index + 1) {
          #expect(!box.intersects(otherBox), "'\(text)' and '\(other)'")
        }
      }
    }
  }

  @Test(arguments: FigureKind.allCases)
  func theSVGFileIsXML(_ kind: FigureKind) throws {
    var plot = PlotTests.plot(kind, series: 3, labels: 4)
    plot.title = Fixture.hostilePrompt
    plot.series[0].name = "</text><script>&\u{0}\u{1B}"
    let parser = XMLParser(data: Data(plot.svg(.file).utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    let page = plot.svg(.page)
    #expect(XMLParser(data: Data(page.utf8)).parse())
    #expect(!page.contains("#0072b2"))
    #expect(!page.contains("<script"))
  }

  @Test func theRasterHasItsMarkerWhereTheValueIs() throws {
    let plot = Plot(
      kind: .line, title: "T", xLabel: "", yLabel: "",
      series: [
        .init(name: "s", points: [.init(label: "", x: 0, y: 0), .init(label: "", x: 1, y: 1)])
      ])
    let sketch = plot.sketch(showsTitle: true)
    let picture = try PNGReader([UInt8](plot.png()))
    #expect(picture.width == Int((sketch.width * 2).rounded(.up)))
    #expect(picture.height == Int((sketch.height * 2).rounded(.up)))
    let markers = sketch.marks.compactMap { mark -> Spot? in
      if case .circle(let centre, _, .series(0)) = mark { centre } else { nil }
    }
    #expect(markers.count == 2)
    for marker in markers {
      #expect(picture.pixel(Int(marker.x * 2), Int(marker.y * 2)) == [0x00, 0x72, 0xB2])
      #expect(picture.pixel(Int(marker.x * 2), Int(marker.y * 2) - 9) != [0x00, 0x72, 0xB2])
    }
    #expect(picture.pixel(0, 0) == [255, 255, 255])
  }

  @Test func coverageIsTheShareOfThePixel() {
    var canvas = RasterCanvas(width: 8, height: 8, scale: 1)
    canvas.rectangle(
      Box(x: 1.5, y: 1, width: 3, height: 1.25), fill: .exact(RGB(0x000000)), opacity: 1)
    #expect(canvas.pixel(1, 1) == RGB(0x808080))
    #expect(canvas.pixel(2, 1) == RGB(0x000000))
    #expect(canvas.pixel(4, 1) == RGB(0x808080))
    #expect(canvas.pixel(5, 1) == RGB(0xFFFFFF))
    #expect(canvas.pixel(2, 2) == RGB(0xBFBFBF))
    #expect(canvas.pixel(2, 3) == RGB(0xFFFFFF))
  }

  @Test func noisePassesThroughThePNGUnchanged() throws {
    var state: UInt64 = 1
    let pixels = (0..<(3 * 61 * 47)).map { index -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return index < 4000 ? UInt8(state >> 60) : UInt8(state >> 56)
    }
    let picture = try PNGReader(PNG.encoded(width: 61, height: 47, pixels: pixels))
    #expect(picture.pixels == pixels)
  }

  @Test func valuesThatAreNotNumbersAreLeftOut() {
    let points = [Double.nan, 1, .infinity].enumerated().map {
      FigurePointRecord(
        ablationId: "", figure: "f", position: $0, series: "s", label: "\($0)", y: $1, low: .nan,
        high: 2, n: 1)
    }
    let plot = Plot(
      FigureRecord(ablationId: "", name: "f", kind: .bars, title: "", yLabel: ""), points)
    #expect(plot.series.map(\.points.count) == [1])
    #expect(plot.series[0].points[0].low == nil)
    var empty = plot
    empty.series = []
    #expect(empty.svg(.file).contains("no values"))
  }

  @Test func coloursDivergeWhereSignsDiffer() {
    let both = ColourScale([-1, 2])
    #expect(both.colour(0) == RGB(0xF7F7F7))
    #expect(both.colour(2) == RGB(0xB35806))
    #expect(both.colour(-2) == RGB(0x2166AC))
    #expect(!ColourScale([0.5, 2]).isDiverging)
  }
}

@Suite struct CSVTests {
  /// An independent reader of RFC 4180.
  private func parsed(_ text: String) -> [[String]] {
    var (rows, row, field): ([[String]], [String], String) = ([], [], "")
    var isQuoted = false
    let scalars = Array(text.unicodeScalars)
    var at = 0
    while at < scalars.count {
      let scalar = scalars[at]
      if isQuoted {
        if scalar == "\"", at + 1 < scalars.count, scalars[at + 1] == "\"" {
          field.unicodeScalars.append("\"")
          at += 1
        } else if scalar == "\"" {
          isQuoted = false
        } else {
          field.unicodeScalars.append(scalar)
        }
      } else if scalar == "\"" {
        isQuoted = true
      } else if scalar == "," {
        row.append(field)
        field = ""
      } else if scalar == "\r", at + 1 < scalars.count, scalars[at + 1] == "\n" {
        rows.append(row + [field])
        (row, field) = ([], "")
        at += 1
      } else {
        field.unicodeScalars.append(scalar)
      }
      at += 1
    }
    return rows
  }

  @Test func fieldsReadBackAsTheyWere() {
    let rows = [
      ["plain", "with, comma", "with \"quotes\"", ""],
      ["line\nfeed", "both\r\nof them", " padded ", "ä, ñ, 漢"],
    ]
    #expect(parsed(CSV.text(rows)) == rows)
  }

  @Test func numbersReadBackAsTheSameDoubles() throws {
    let (fixture, ablation) = try Fixture.ablation()
    let page = try ReportPage(store: fixture.store, ablation: ablation.id)
    for plot in page.plots {
      let points = try fixture.store.points(of: ablation.id, figure: plot.name)
      let rows = parsed(plot.csv()).dropFirst()
      #expect(rows.map { Double($0[6]) } == points.map { $0.y })
      #expect(rows.map { $0[1] } == points.map(\.series))
      #expect(rows.map { $0[10] } == points.map(\.sources))
    }
  }
}
