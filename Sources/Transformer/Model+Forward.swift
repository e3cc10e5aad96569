public import Kernels

extension Model {
  /// Runs the decoder on a packed batch: final-norm hidden states into
  /// `w.hidden`, `[R, C]`, and what backward needs into `w`. Zeroes
  /// `w.hiddenGradient`. A sequence's rows do not depend, bit by bit, on the
  /// other sequences of the batch. `weights`: the current ones, `packedWeights()`,
  /// held by the caller until the last backward function has returned.
  public func forward(
    _ batch: PackedBatch, _ weights: PackedWeights, _ w: TrainingWorkspace
  ) {
    check(batch, w)
    precondition(
      weights.configuration == configuration && weights.precision == w.precision,
      "the packed weights are of another model shape or precision than the workspace")
    let c = configuration
    let rows = batch.rowCount
    let width = c.hiddenSize
    w.held = nil
    w.weights = weights
    for (start, end) in zip(batch.offsets, batch.offsets.dropFirst()) {
      for row in start..<end { w.positions[row] = Int32(row - start) }
    }
    batch.tokens.withUnsafeBufferPointer {
      embed(
        w.r.layers[0].input, $0.baseAddress!, weight(layout.embedding), rows: rows,
        width: width)
    }
    for (index, a) in w.r.layers.enumerated() {
      let p = weights.layers[index]
      rmsNorm(
        a.inputNormed, a.inputRstd, a.input, p.inputNorm.pointer, rows: rows, width: width,
        epsilon: c.normEpsilon)
      var x = w.productRows(a.inputNormed, rows, width)
      matmul(a.query, x, p.matrices.query)
      matmul(a.key, x, p.matrices.key)
      matmul(a.value, x, p.matrices.value)
      rotate(a.query, positions: w.positions, rows: rows, heads: c.headCount, table: rotary)
      rotate(a.key, positions: w.positions, rows: rows, heads: c.keyValueHeadCount, table: rotary)
      attention(
        a.attended, a.logSum, a.query, a.key, a.value, offsets: batch.offsets,
        heads: c.headCount, keyValueHeads: c.keyValueHeadCount,
        headDimension: c.headDimension, precision: w.precision,
        scratch: w.r.attentionScratch)

      a.middle.update(from: a.input, count: rows * width)
      x = w.productRows(a.attended, rows, c.queryWidth)
      matmul(a.middle, x, p.matrices.output, accumulate: true)

      rmsNorm(
        a.middleNormed, a.middleRstd, a.middle, p.postNorm.pointer, rows: rows,
        width: width, epsilon: c.normEpsilon)
      x = w.productRows(a.middleNormed, rows, width)
      matmul(a.gate, x, p.matrices.gate)
      matmul(a.up, x, p.matrices.up)
      swiGLU(a.activated, a.gate, a.up, count: rows * c.intermediateSize)

      let next = index + 1 < c.layerCount ? w.r.layers[index + 1].input : w.r.last
      next.update(from: a.middle, count: rows * width)
      x = w.productRows(a.activated, rows, c.intermediateSize)
      matmul(next, x, p.matrices.down, accumulate: true)
    }

    rmsNorm(
      w.r.hidden, w.r.lastRstd, w.r.last, weights.finalNorm.pointer, rows: rows,
      width: width, epsilon: c.normEpsilon)
    w.r.hiddenGradient.update(repeating: 0, count: rows * width)
  }

  /// `forward` with the current weights. For many passes, ask for them once.
  public func forward(_ batch: PackedBatch, _ w: TrainingWorkspace) {
    // The cache holds them until the weights change.
    forward(batch, packedWeights(forTraining: true), w)
  }

  /// Carries `w.hiddenGradient` back through the decoder and adds the gradient
  /// of every weight but the head's into `gradient`, laid out as `parameters`.
  /// Call after `forward` of the same batch and the heads' backward functions.
  public func backward(
    _ batch: PackedBatch, _ w: TrainingWorkspace, into gradient: FloatBuffer
  ) {
    check(batch, w)
    precondition(gradient.count == layout.count, "a gradient is as long as the parameters")
    let c = configuration
    let rows = batch.rowCount
    let width = c.hiddenSize
    let inner = c.intermediateSize
    let r = w.r
    let g = gradient.pointer
    let stream = r.streamGradient
    let packed = w.weightsOfForward
    let gradients = ProductGradients(precision: w.precision, rows: rows, regions: r)

    stream.update(repeating: 0, count: rows * width)
    rmsNormBackward(
      stream, g + layout.finalNorm, r.hiddenGradient, r.last, weight(layout.finalNorm),
      r.lastRstd, rows: rows, width: width)

    for index in (0..<c.layerCount).reversed() {
      let a = r.layers[index]
      let p = layout.layers[index]
      let transposes = packed.backward?.layers[index]

      var x = gradients.input(a.activated, width: inner)
      gradients.multiply(
        stream, outputs: width, x, inputs: inner, into: g + p.down, r.activatedGradient,
        weight(p.down), transposes?.down)
      swiGLUBackward(
        r.gateGradient, r.upGradient, r.activatedGradient, a.gate, a.up,
        count: rows * inner)
      x = gradients.input(a.middleNormed, width: width)
      gradients.multiply(
        r.gateGradient, outputs: inner, x, inputs: width, into: g + p.gate,
        r.normedGradient, weight(p.gate), transposes?.gate)
      gradients.multiply(
        r.upGradient, outputs: inner, x, inputs: width, into: g + p.up, r.normedGradient,
        weight(p.up), transposes?.up, accumulate: true)
      rmsNormBackward(
        stream, g + p.postNorm, r.normedGradient, a.middle, weight(p.postNorm), a.middleRstd,
        rows: rows, width: width)

      x = gradients.input(a.attended, width: c.queryWidth)
      gradients.multiply(
        stream, outputs: width, x, inputs: c.queryWidth, into: g + p.output,
        r.attendedGradient, weight(p.output), transposes?.output)
      attentionGradients(a, batch, w)
      x = gradients.input(a.inputNormed, width: width)
      gradients.multiply(
        r.queryGradient, outputs: c.queryWidth, x, inputs: width, into: g + p.query,
        r.normedGradient, weight(p.query), transposes?.query)
      gradients.multiply(
        r.keyGradient, outputs: c.keyValueWidth, x, inputs: width, into: g + p.key,
        r.normedGradient, weight(p.key), transposes?.key, accumulate: true)
      gradients.multiply(
        r.valueGradient, outputs: c.keyValueWidth, x, inputs: width, into: g + p.value,
        r.normedGradient, weight(p.value), transposes?.value, accumulate: true)
      rmsNormBackward(
        stream, g + p.inputNorm, r.normedGradient, a.input, weight(p.inputNorm), a.inputRstd,
        rows: rows, width: width)
    }

    batch.tokens.withUnsafeBufferPointer {
      embedBackward(g + layout.embedding, stream, $0.baseAddress!, rows: rows, width: width)
    }
  }

  /// Gradients of one layer's queries, keys and values before rotation, from
  /// the gradient of its attention output.
  private func attentionGradients(
    _ a: TrainingWorkspace.Layer, _ batch: PackedBatch, _ w: TrainingWorkspace
  ) {
    let c = configuration
    let r = w.r
    let rows = batch.rowCount
    r.queryGradient.update(repeating: 0, count: rows * c.queryWidth)
    r.keyGradient.update(repeating: 0, count: rows * c.keyValueWidth)
    r.valueGradient.update(repeating: 0, count: rows * c.keyValueWidth)
    attentionBackward(
      r.queryGradient, r.keyGradient, r.valueGradient, r.attendedGradient,
      a.query, a.key, a.value, a.attended, a.logSum, offsets: batch.offsets,
      heads: c.headCount, keyValueHeads: c.keyValueHeadCount,
      headDimension: c.headDimension, precision: w.precision, scratch: r.attentionScratch)
    rotateBackward(
      r.queryGradient, positions: w.positions, rows: rows, heads: c.headCount, table: rotary)
    rotateBackward(
      r.keyGradient, positions: w.positions, rows: rows, heads: c.keyValueHeadCount,
      table: rotary)
  }

  private func check(_ batch: PackedBatch, _ w: TrainingWorkspace) {
    precondition(w.configuration == configuration, "the workspace is of another model shape")
    precondition(
      (1...w.maximumRows).contains(batch.rowCount),
      "a batch of \(batch.rowCount) rows in a workspace for 1...\(w.maximumRows)")
    precondition(
      batch.longestSequence <= w.maximumSequence,
      "a sequence of \(batch.longestSequence) in a workspace for \(w.maximumSequence)")
    let limit = Int32(configuration.vocabularySize)
    precondition(
      batch.tokens.allSatisfy { $0 >= 0 && $0 < limit }, "a token id lies outside 0..<\(limit)")
  }
}
