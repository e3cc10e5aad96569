import Foundation
import Kernels
import KeyedRandom
import Testing

/// Normal numbers, the same for the same name and count.
func sample(_ name: String, _ count: Int, scale: Double = 1) -> [Float] {
  var generator = RandomKey(seed: 1, stage: "kernel-tests", item: name).generator()
  return (0..<count).map { _ in Float(generator.normal() * scale) }
}

func wide(_ x: [Float]) -> [Double] { x.map(Double.init) }

/// Every element within `tolerance` times the largest expected magnitude (or
/// times 1, if that is larger).
func expectClose(
  _ actual: [Float], _ expected: [Double], tolerance: Double,
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, comment, sourceLocation: sourceLocation)
  let size = expected.reduce(1) { max($0, abs($1)) }
  var worst = 0.0
  for (a, e) in zip(actual, expected) {
    let error = abs(Double(a) - e)
    worst = error.isNaN ? .infinity : max(worst, error)
  }
  #expect(worst <= tolerance * size, comment, sourceLocation: sourceLocation)
}

/// The gradient of `loss` at `x` by central differences in double precision.
func numericalGradient(_ x: [Double], _ loss: ([Double]) -> Double) -> [Double] {
  var x = x
  let step = 1e-5
  return x.indices.map { i in
    let kept = x[i]
    x[i] = kept + step
    let above = loss(x)
    x[i] = kept - step
    let below = loss(x)
    x[i] = kept
    return (above - below) / (2 * step)
  }
}

/// Σ c·y: a loss whose gradient by y is c.
func inner(_ c: [Double], _ y: [Double]) -> Double { zip(c, y).reduce(0) { $0 + $1.0 * $1.1 } }

/// a + b: what a backward kernel must leave in a buffer that held a.
func plus(_ a: [Float], _ b: [Double]) -> [Double] { zip(a, b).map { Double($0) + $1 } }

func bits(_ x: some Sequence<Float>) -> [UInt32] { x.map(\.bitPattern) }

/// Runs `body` on lane 0, as the leader of a team that all lanes have joined.
func withTeam(_ lanes: Int, _ body: @Sendable (LaneTeam) -> Void) {
  let team = LaneTeam()
  Lanes.run(lanes) { lane in
    guard lane == 0 else { return team.help() }
    while team.count < lanes { sched_yield() }
    body(team)
    team.dismiss()
  }
}

/// One product of these rows alone.
func matmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: PackedMatrix, rows: Int,
  adding addend: ConstFloatPointer? = nil, part: LaneTeam.Member = .alone,
  ahead: ReadAhead? = nil
) {
  let count = ProductRows.scratchCount(rows: rows, width: w.inputs, precision: w.precision)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { scratch in
    let x = ProductRows(
      x, rows: rows, width: w.inputs, precision: w.precision, scratch: scratch.baseAddress)
    matmul(y, x, w, adding: addend, part: part, ahead: ahead)
  }
}
