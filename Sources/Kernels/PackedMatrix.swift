/// A weight matrix in the order in which `matmul` reads it, for products of a
/// few rows by the same weights many times over: without it the weights are
/// rearranged in every call, which for 32 rows is a quarter of the work. A
/// snapshot: later changes to the weights do not reach it.
///
/// `@unchecked Sendable`: nothing is written after `init`.
public final class PackedMatrix: @unchecked Sendable {
  public let inputs: Int
  public let outputs: Int
  /// Where OpenBLAS has wider vectors than our tiles it gains more by them than
  /// it loses by rearranging, and gets the weights as they are.
  let usesLibrary: Bool
  /// `[⌈O/16⌉, I, 16]`: column o of Wᵀ is lane o mod 16 of panel o / 16. For
  /// the library W itself, `[O, I]`.
  let weights: FloatBuffer

  /// Copies `w`, `[O, I]`. `BLAS.load()` must have succeeded.
  public convenience init(_ w: ConstFloatPointer, inputs: Int, outputs: Int) {
    let library = BLAS.loaded
    self.init(
      w, inputs: inputs, outputs: outputs,
      usesLibrary: library.outrunsTiles && library.rowsAreIndependent
        && outputs >= narrowOutputs)
  }

  init(_ w: ConstFloatPointer, inputs: Int, outputs: Int, usesLibrary: Bool) {
    self.inputs = inputs
    self.outputs = outputs
    self.usesLibrary = usesLibrary
    guard !usesLibrary else {
      weights = FloatBuffer(count: outputs * inputs)
      weights.pointer.update(from: w, count: weights.count)
      return
    }
    let panelSize = inputs * tileColumns
    let count = roundUp(outputs, to: tileColumns) / tileColumns
    weights = FloatBuffer(count: count * panelSize)
    for panel in 0..<count {
      let first = panel * tileColumns
      packColumns(
        weights.pointer + panel * panelSize, packedRows: tileColumns, w + first * inputs,
        stride: inputs, rows: min(tileColumns, outputs - first), width: inputs)
    }
  }
}

extension PackedMatrix {
  /// The outputs that a member of a team computes of every product.
  public func outputs(of member: LaneTeam.Member) -> Range<Int> {
    // Whole panels, or parts beyond the library's small results, which it rounds
    // otherwise (`narrowOutputs`). The last takes what is left over.
    let unit = usesLibrary ? 8 * tileColumns : tileColumns
    let units = max(1, outputs / unit)
    let share = member.share(of: units)
    return share.lowerBound * unit..<(share.upperBound == units ? outputs : share.upperBound * unit)
  }
}

/// y (+)= x Wᵀ. `y`: `[R, O]`, `x`: `[R, I]`. Each row of `y` depends, to the
/// last bit, only on its row of `x` and on the weights, with any number of
/// rows; multiples of `BLAS.rowQuantum` are the fastest. A member of a team
/// computes its `outputs(of:)` of every row and leaves the rest of `y` alone.
public func matmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: PackedMatrix, rows: Int,
  accumulate: Bool = false, part: LaneTeam.Member = .alone
) {
  let outputs = w.outputs(of: part)
  guard rows > 0, !outputs.isEmpty else { return }
  KernelMeter.count(.matmul) {
    if w.usesLibrary {
      paddedMatmul(y, x, w, outputs, rows: rows, accumulate: accumulate)
    } else {
      panelMatmul(y, x, w, outputs, rows: rows, accumulate: accumulate)
    }
  }
}

/// The product by our own tiles, from weights that lie in their order.
private func panelMatmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: PackedMatrix, _ outputs: Range<Int>,
  rows: Int, accumulate: Bool
) {
  let product = PanelProduct(
    rows: rows, inputs: w.inputs, outputs: w.outputs, accumulate: accumulate)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: product.scratchCount) { memory in
    let scratch = memory.baseAddress!
    product.prepare(x, scratch)
    for o in stride(from: outputs.lowerBound, to: outputs.upperBound, by: tileColumns) {
      product.multiply(y, x, w.weights.pointer + o * w.inputs, firstOutput: o, scratch)
    }
  }
}

/// The product by OpenBLAS, with rows of zeros up to a multiple of
/// `BLAS.rowQuantum`.
private func paddedMatmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: PackedMatrix, _ outputs: Range<Int>,
  rows: Int, accumulate: Bool
) {
  let padded = roundUp(rows, to: BLAS.rowQuantum)
  let weights = w.weights.pointer + outputs.lowerBound * w.inputs
  func multiply(_ y: FloatPointer, rowStride: Int, _ x: ConstFloatPointer) {
    BLAS.loaded.multiply(
      y, rowStride: rowStride, x, weights, rows: padded, inputs: w.inputs,
      outputs: outputs.count, accumulate: accumulate)
  }
  let y = y + outputs.lowerBound
  guard padded > rows else {
    multiply(y, rowStride: w.outputs, x)
    return
  }
  let width = w.inputs + outputs.count
  withUnsafeTemporaryAllocation(of: Float.self, capacity: padded * width) { memory in
    let input = memory.baseAddress!
    let output = input + padded * w.inputs
    input.update(from: x, count: rows * w.inputs)
    (input + rows * w.inputs).update(repeating: 0, count: (padded - rows) * w.inputs)
    output.update(repeating: 0, count: padded * outputs.count)
    if accumulate {
      for row in 0..<rows {
        (output + row * outputs.count).update(from: y + row * w.outputs, count: outputs.count)
      }
    }
    multiply(output, rowStride: outputs.count, input)
    for row in 0..<rows {
      (y + row * w.outputs).update(from: output + row * outputs.count, count: outputs.count)
    }
  }
}
