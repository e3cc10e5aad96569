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

/// y (+)= x Wᵀ. `y`: `[R, O]`, `x`: `[R, I]`. Each row of `y` depends, to the
/// last bit, only on its row of `x` and on the weights, with any number of
/// rows; multiples of `BLAS.rowQuantum` are the fastest.
public func matmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: PackedMatrix, rows: Int,
  accumulate: Bool = false
) {
  guard rows > 0 else { return }
  KernelMeter.count(.matmul) {
    if w.usesLibrary {
      paddedMatmul(y, x, w, rows: rows, accumulate: accumulate)
    } else {
      panelMatmul(y, x, w, rows: rows, accumulate: accumulate)
    }
  }
}

/// The product by our own tiles, from weights that lie in their order.
private func panelMatmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: PackedMatrix, rows: Int,
  accumulate: Bool
) {
  let product = PanelProduct(
    rows: rows, inputs: w.inputs, outputs: w.outputs, accumulate: accumulate)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: product.scratchCount) { memory in
    let scratch = memory.baseAddress!
    product.prepare(x, scratch)
    var panel = ConstFloatPointer(w.weights.pointer)
    for o in stride(from: 0, to: w.outputs, by: tileColumns) {
      product.multiply(y, x, panel, firstOutput: o, scratch)
      panel += w.inputs * tileColumns
    }
  }
}

/// The product by OpenBLAS, with rows of zeros up to a multiple of
/// `BLAS.rowQuantum`.
private func paddedMatmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: PackedMatrix, rows: Int,
  accumulate: Bool
) {
  let padded = roundUp(rows, to: BLAS.rowQuantum)
  func multiply(_ y: FloatPointer, _ x: ConstFloatPointer) {
    BLAS.loaded.multiply(
      y, x, w.weights.pointer, rows: padded, inputs: w.inputs, outputs: w.outputs,
      accumulate: accumulate)
  }
  guard padded > rows else {
    multiply(y, x)
    return
  }
  let width = w.inputs + w.outputs
  withUnsafeTemporaryAllocation(of: Float.self, capacity: padded * width) { memory in
    let input = memory.baseAddress!
    let output = input + padded * w.inputs
    input.update(from: x, count: rows * w.inputs)
    (input + rows * w.inputs).update(repeating: 0, count: (padded - rows) * w.inputs)
    output.update(repeating: 0, count: padded * w.outputs)
    if accumulate { output.update(from: y, count: rows * w.outputs) }
    multiply(output, input)
    y.update(from: output, count: rows * w.outputs)
  }
}
