public import Kernels

extension Model {
  /// Runs the decoder on a packed batch: final-norm hidden states into
  /// `w.hidden`, `[R, C]`, and what backward needs into `w`. Zeroes
  /// `w.hiddenGradient`. A sequence's rows do not depend, bit by bit, on the
  /// other sequences of the batch: rows are padded to `BLAS.rowQuantum`.
  public func forward(_ batch: PackedBatch, _ w: TrainingWorkspace) {
    check(batch, w)
    let c = configuration
    let rows = padded(batch.rowCount)
    let used = batch.rowCount
    let width = c.hiddenSize
    w.held = nil
    for (start, end) in zip(batch.offsets, batch.offsets.dropFirst()) {
      for row in start..<end { w.positions[row] = Int32(row - start) }
    }

    // Padding rows hold zeros, and every operation keeps them zero.
    let first = w.r.layers[0].input
    batch.tokens.withUnsafeBufferPointer {
      embed(first, $0.baseAddress!, weight(layout.embedding), rows: used, width: width)
    }
    (first + used * width).update(repeating: 0, count: (rows - used) * width)

    for (index, a) in w.r.layers.enumerated() {
      let p = layout.layers[index]
      rmsNorm(
        a.inputNormed, a.inputRstd, a.input, weight(p.inputNorm), rows: rows, width: width,
        epsilon: c.normEpsilon)
      matmul(
        a.query, a.inputNormed, weight(p.query), rows: rows, inputs: width,
        outputs: c.queryWidth)
      matmul(
        a.key, a.inputNormed, weight(p.key), rows: rows, inputs: width,
        outputs: c.keyValueWidth)
      matmul(
        a.value, a.inputNormed, weight(p.value), rows: rows, inputs: width,
        outputs: c.keyValueWidth)
      rotate(a.query, positions: w.positions, rows: used, heads: c.headCount, table: rotary)
      rotate(a.key, positions: w.positions, rows: used, heads: c.keyValueHeadCount, table: rotary)
      attention(
        a.attended, a.logSum, a.query, a.key, a.value, offsets: batch.offsets,
        heads: c.headCount, keyValueHeads: c.keyValueHeadCount,
        headDimension: c.headDimension, scratch: w.r.attentionScratch)
      (a.attended + used * c.queryWidth).update(
        repeating: 0, count: (rows - used) * c.queryWidth)

      a.middle.update(from: a.input, count: rows * width)
      matmul(
        a.middle, a.attended, weight(p.output), rows: rows, inputs: c.queryWidth,
        outputs: width, accumulate: true)

      rmsNorm(
        a.middleNormed, a.middleRstd, a.middle, weight(p.postNorm), rows: rows, width: width,
        epsilon: c.normEpsilon)
      matmul(
        a.gate, a.middleNormed, weight(p.gate), rows: rows, inputs: width,
        outputs: c.intermediateSize)
      matmul(
        a.up, a.middleNormed, weight(p.up), rows: rows, inputs: width,
        outputs: c.intermediateSize)
      swiGLU(a.activated, a.gate, a.up, count: rows * c.intermediateSize)

      let next = index + 1 < c.layerCount ? w.r.layers[index + 1].input : w.r.last
      next.update(from: a.middle, count: rows * width)
      matmul(
        next, a.activated, weight(p.down), rows: rows, inputs: c.intermediateSize,
        outputs: width, accumulate: true)
    }

    rmsNorm(
      w.r.hidden, w.r.lastRstd, w.r.last, weight(layout.finalNorm), rows: rows, width: width,
      epsilon: c.normEpsilon)
    w.r.hiddenGradient.update(repeating: 0, count: rows * width)
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
    let r = w.r
    let g = gradient.pointer
    let stream = r.streamGradient

    stream.update(repeating: 0, count: rows * width)
    rmsNormBackward(
      stream, g + layout.finalNorm, r.hiddenGradient, r.last, weight(layout.finalNorm),
      r.lastRstd, rows: rows, width: width)

    for index in (0..<c.layerCount).reversed() {
      let a = r.layers[index]
      let p = layout.layers[index]

      matmulBackwardWeight(
        g + p.down, stream, a.activated, rows: rows, inputs: c.intermediateSize,
        outputs: width)
      matmulBackwardInput(
        r.activatedGradient, stream, weight(p.down), rows: rows, inputs: c.intermediateSize,
        outputs: width, accumulate: false)
      swiGLUBackward(
        r.gateGradient, r.upGradient, r.activatedGradient, a.gate, a.up,
        count: rows * c.intermediateSize)
      matmulBackwardWeight(
        g + p.gate, r.gateGradient, a.middleNormed, rows: rows, inputs: width,
        outputs: c.intermediateSize)
      matmulBackwardWeight(
        g + p.up, r.upGradient, a.middleNormed, rows: rows, inputs: width,
        outputs: c.intermediateSize)
      matmulBackwardInput(
        r.normedGradient, r.gateGradient, weight(p.gate), rows: rows, inputs: width,
        outputs: c.intermediateSize, accumulate: false)
      matmulBackwardInput(
        r.normedGradient, r.upGradient, weight(p.up), rows: rows, inputs: width,
        outputs: c.intermediateSize, accumulate: true)
      rmsNormBackward(
        stream, g + p.postNorm, r.normedGradient, a.middle, weight(p.postNorm), a.middleRstd,
        rows: rows, width: width)

      matmulBackwardWeight(
        g + p.output, stream, a.attended, rows: rows, inputs: c.queryWidth, outputs: width)
      matmulBackwardInput(
        r.attendedGradient, stream, weight(p.output), rows: rows, inputs: c.queryWidth,
        outputs: width, accumulate: false)
      attentionGradients(a, batch, w)
      for (weightOffset, delta, outputs, accumulate) in [
        (p.query, r.queryGradient, c.queryWidth, false),
        (p.key, r.keyGradient, c.keyValueWidth, true),
        (p.value, r.valueGradient, c.keyValueWidth, true),
      ] {
        matmulBackwardWeight(
          g + weightOffset, delta, a.inputNormed, rows: rows, inputs: width, outputs: outputs)
        matmulBackwardInput(
          r.normedGradient, delta, weight(weightOffset), rows: rows, inputs: width,
          outputs: outputs, accumulate: accumulate)
      }
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
      headDimension: c.headDimension, scratch: r.attentionScratch)
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
