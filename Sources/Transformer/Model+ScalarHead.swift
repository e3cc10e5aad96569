public import Kernels

extension Model {
  /// The scalar head's value at each given row of the last forward pass's batch.
  /// A row's score depends on its own sequence only, bit by bit.
  public func scores(rows: [Int32], _ w: TrainingWorkspace) -> [Float] {
    checkScalar(w)
    let width = configuration.hiddenSize
    let weights = weight(layout.headWeight)
    return rows.map { row in
      let hidden = w.r.hidden + w.place(of: row) * width
      // Sixteen running sums, added in one fixed order.
      var sums = SIMD16<Float>(repeating: 0)
      var index = 0
      while index + 16 <= width {
        sums.addProduct(load(hidden + index), load(weights + index))
        index += 16
      }
      var total: Float = 0
      for lane in 0..<16 { total += sums[lane] }
      while index < width {
        total += hidden[index] * weights[index]
        index += 1
      }
      return total
    }
  }

  /// Adds the gradient of Σᵢ coefficients[i] · score[i] to `w.hiddenGradient`
  /// and to the head's weight in `gradient`.
  public func scoresBackward(
    rows: [Int32], coefficients: [Float], _ w: TrainingWorkspace, into gradient: FloatBuffer
  ) {
    checkScalar(w)
    precondition(coefficients.count == rows.count, "one coefficient a row")
    let width = configuration.hiddenSize
    let weights = weight(layout.headWeight)
    let weightGradient = gradient.pointer + layout.headWeight
    for (row, coefficient) in zip(rows, coefficients) {
      let start = w.place(of: row) * width
      let hidden = w.r.hidden + start
      let hiddenGradient = w.r.hiddenGradient + start
      for index in 0..<width {
        weightGradient[index] += coefficient * hidden[index]
        hiddenGradient[index] += coefficient * weights[index]
      }
    }
  }

  private func checkScalar(_ w: TrainingWorkspace) {
    precondition(head == .scalar, "a \(head) head gives no scores")
    precondition(w.configuration == configuration, "the workspace is of another model shape")
  }
}

private func load(_ pointer: UnsafePointer<Float>) -> SIMD16<Float> {
  UnsafeRawPointer(pointer).loadUnaligned(as: SIMD16<Float>.self)
}

private func load(_ pointer: UnsafeMutablePointer<Float>) -> SIMD16<Float> {
  load(UnsafePointer(pointer))
}
