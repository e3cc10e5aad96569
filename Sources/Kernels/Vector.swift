// The SIMD vocabulary of the kernels: unaligned loads and stores with tails,
// and reductions in a fixed order. A tail is loaded into a zeroed vector and
// goes through the same arithmetic as a full vector, so what is computed for an
// element does not depend on its position or on the count.

typealias Vector = SIMD16<Float>
typealias HalfVector = SIMD8<Float>

/// Elements per `Vector`.
let vectorWidth = 16

/// Calls `body(start, n)` over `0..<count` in steps of a vector; n is
/// `vectorWidth` but for the last call.
@inline(__always)
func forEachVector(_ count: Int, _ body: (_ start: Int, _ n: Int) -> Void) {
  var start = 0
  while start &+ vectorWidth <= count {
    body(start, vectorWidth)
    start &+= vectorWidth
  }
  if start < count { body(start, count &- start) }
}

@inline(__always)
func load(_ p: ConstFloatPointer, _ start: Int) -> Vector {
  UnsafeRawPointer(p + start).loadUnaligned(as: Vector.self)
}

/// The first `n` elements from `start`, zeros behind them.
@inline(__always)
func load(_ p: ConstFloatPointer, _ start: Int, _ n: Int) -> Vector {
  n == vectorWidth ? load(p, start) : loadTail(p + start, n)
}

@inline(never)
private func loadTail(_ p: ConstFloatPointer, _ n: Int) -> Vector {
  var v = Vector.zero
  for i in 0..<n { v[i] = p[i] }
  return v
}

@inline(__always)
func store(_ v: Vector, _ p: FloatPointer, _ start: Int) {
  UnsafeMutableRawPointer(p + start).storeBytes(of: v, as: Vector.self)
}

@inline(__always)
func store(_ v: Vector, _ p: FloatPointer, _ start: Int, _ n: Int) {
  if n == vectorWidth { store(v, p, start) } else { storeTail(v, p + start, n) }
}

@inline(never)
private func storeTail(_ v: Vector, _ p: FloatPointer, _ n: Int) {
  for i in 0..<n { p[i] = v[i] }
}

/// Sum of the lanes by halves; the library's `sum()` adds them one by one.
@inline(__always)
func sum(_ v: Vector) -> Float { sum(v.lowHalf + v.highHalf) }

@inline(__always)
func sum(_ v: HalfVector) -> Float {
  let quarter = v.lowHalf + v.highHalf
  let eighth = quarter.lowHalf + quarter.highHalf
  return eighth.x + eighth.y
}

/// Lane by lane; where a lane of `a` is NaN, NaN.
@inline(__always)
func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }

@inline(__always)
func smaller(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .< a) }

@inline(__always)
func maximum(_ v: Vector) -> Float {
  let half = v.lowHalf.replacing(with: v.highHalf, where: v.highHalf .> v.lowHalf)
  let quarter = half.lowHalf.replacing(
    with: half.highHalf, where: half.highHalf .> half.lowHalf)
  return max(max(quarter.x, quarter.y), max(quarter.z, quarter.w))
}

/// Lends five vectors of zeroed stack memory. Kernels with long vector
/// arithmetic copy their last elements into it and call themselves on whole
/// vectors: a tail handled inside the loop costs the loop half its speed.
@inline(never)
func withPadding(_ body: (FloatPointer) -> Void) {
  withUnsafeTemporaryAllocation(of: Vector.self, capacity: 5) { block in
    block.initialize(repeating: .zero)
    block.withMemoryRebound(to: Float.self) { body($0.baseAddress!) }
  }
}
