public import Kernels

extension Model {
  /// Runs the decoder on a packed batch: final-norm hidden states of the rows that are
  /// read into `w.hidden`, `[K, C]`, and what backward needs into `w`. Zeroes
  /// `w.hiddenGradient`. A sequence's rows do not depend, bit by bit, on the
  /// other sequences of the batch. `weights`: the current ones, of `packedWeights`,
  /// which has to be told if backward will follow; held by the caller until the last
  /// backward function has returned.
  public func forward(
    _ batch: PackedBatch, _ weights: PackedWeights, _ w: TrainingWorkspace
  ) {
    check(batch, w)
    precondition(
      weights.configuration == configuration && weights.precision == w.precision,
      "the packed weights are of another model shape or precision than the workspace")
    let c = configuration
    var rows = batch.rowCount
    let width = c.hiddenSize
    w.held = nil
    w.weights = weights
    w.keepsColumns = weights.backward != nil
    w.notePlaces(of: batch)
    batch.tokens.withUnsafeBufferPointer {
      embed(
        w.r.layers[0].input, $0.baseAddress!, weight(layout.embedding), rows: rows,
        width: width)
    }
    func normed(
      _ x: FloatPointer, _ rstd: FloatPointer, _ weight: FloatBuffer,
      keepingIn kept: FloatPointer
    ) -> ProductRows {
      w.input(rows, width, keepingIn: kept) { out, range in
        rmsNorm(
          out, rstd + range.lowerBound, x + range.lowerBound * width, weight.pointer,
          rows: range.count, width: width, epsilon: c.normEpsilon)
      }
    }
    for (index, a) in w.r.layers.enumerated() {
      let p = weights.layers[index]
      var x = normed(a.input, a.inputRstd, p.inputNorm, keepingIn: a.inputNormed)
      matmul(a.key, x, p.matrices.key)
      matmul(a.value, x, p.matrices.value)
      rotate(a.key, positions: w.positions, rows: rows, heads: c.keyValueHeadCount, table: rotary)

      let isLast = index + 1 == c.layerCount
      var stream = a.input
      var positions = w.positions
      if isLast, !batch.readsAll {
        rows = batch.readCount
        // Until the last product of all adds up what belongs there.
        stream = w.r.last
        positions = w.readPositions
        batch.gather(stream, a.input, width: width)
        x = normed(stream, w.r.lastRstd, p.inputNorm, keepingIn: w.r.readNormed)
      }
      matmul(a.query, x, p.matrices.query)
      rotate(a.query, positions: positions, rows: rows, heads: c.headCount, table: rotary)
      attention(
        a.attended, a.logSum, a.query, a.key, a.value, offsets: batch.offsets,
        queryOffsets: isLast ? batch.readOffsets : batch.offsets, heads: c.headCount,
        keyValueHeads: c.keyValueHeadCount, headDimension: c.headDimension,
        precision: w.precision, scratch: w.r.attentionScratch)

      x = w.input(a.attended, rows, c.queryWidth, keepingIn: a.attendedColumns)
      matmul(a.middle, x, p.matrices.output, adding: stream)

      x = normed(a.middle, a.middleRstd, p.postNorm, keepingIn: a.middleNormed)
      matmul(a.gate, x, p.matrices.gate)
      matmul(a.up, x, p.matrices.up)

      let next = isLast ? w.r.last : w.r.layers[index + 1].input
      let inner = c.intermediateSize
      x = w.input(rows, inner, keepingIn: a.activated) { out, range in
        let start = range.lowerBound * inner
        swiGLU(out, a.gate + start, a.up + start, count: range.count * inner)
      }
      matmul(next, x, p.matrices.down, adding: a.middle)
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
    precondition(w.isOf(batch), "backward of another batch than forward's, or read elsewhere")
    precondition(gradient.count == layout.count, "a gradient is as long as the parameters")
    let c = configuration
    let width = c.hiddenSize
    let inner = c.intermediateSize
    let r = w.r
    let g = gradient.pointer
    let stream = r.streamGradient
    let transposes = w.transposes

    /// Adds the gradient of a normalisation's input to rows of the stream's.
    func addNorm(
      _ range: Range<Int>, _ dy: FloatPointer, _ x: FloatPointer, _ weightOffset: Int,
      _ rstd: FloatPointer
    ) {
      let start = range.lowerBound * width
      rmsNormBackward(
        stream + start, g + weightOffset, dy + start, x + start, weight(weightOffset),
        rstd + range.lowerBound, rows: range.count, width: width)
    }

    stream.update(repeating: 0, count: batch.readCount * width)
    for index in (0..<c.layerCount).reversed() {
      let a = r.layers[index]
      let p = layout.layers[index]
      let matrices = transposes.layers[index]
      let isLast = index + 1 == c.layerCount
      let gradients = ProductGradients(
        precision: w.precision, rows: isLast ? batch.readCount : batch.rowCount, regions: r)

      let out = gradients.output(stream, width: width) { range in
        if isLast {
          addNorm(range, r.hiddenGradient, r.last, layout.finalNorm, r.lastRstd)
        } else {
          let next = r.layers[index + 1]
          addNorm(
            range, r.normedGradient, next.input, layout.layers[index + 1].inputNorm,
            next.inputRstd)
        }
      }
      gradients.multiply(
        out, gradients.input(a.activated, width: inner), into: g + p.down,
        r.activatedGradient, matrices.down)
      let (gate, up) = gradients.outputs(width: inner) { gate, up, range in
        let start = range.lowerBound * inner
        swiGLUBackward(
          gate, up, r.activatedGradient + start, a.gate + start, a.up + start,
          count: range.count * inner)
      }
      let x = gradients.input(a.middleNormed, width: width)
      gradients.multiply(
        gate, x, into: g + p.gate, r.normedGradient, matrices.gate)
      gradients.multiply(
        up, x, into: g + p.up, r.normedGradient, matrices.up, accumulate: true)

      let middle = gradients.output(stream, width: width) { range in
        addNorm(range, r.normedGradient, a.middle, p.postNorm, a.middleRstd)
      }
      gradients.multiply(
        middle, gradients.input(a.attendedColumns, width: c.queryWidth),
        into: g + p.output, r.attendedGradient, matrices.output)
      projectionGradients(index, batch, gradients, w, into: g)
    }
    addNorm(
      0..<batch.rowCount, r.normedGradient, r.layers[0].input, layout.layers[0].inputNorm,
      r.layers[0].inputRstd)

    batch.tokens.withUnsafeBufferPointer {
      embedBackward(
        g + layout.embedding, stream, $0.baseAddress!, rows: batch.rowCount,
        width: width)
    }
  }

  /// The gradients of one layer's query, key and value projections, from that of its
  /// attention's output: those of the weights into `g`, that of the normalised input
  /// into `w.r.normedGradient`. After the last layer that gradient and the stream's
  /// have all rows again, not those alone that were read.
  private func projectionGradients(
    _ index: Int, _ batch: PackedBatch, _ gradients: ProductGradients, _ w: TrainingWorkspace,
    into g: FloatPointer
  ) {
    let c = configuration
    let r = w.r
    let a = r.layers[index]
    let p = layout.layers[index]
    let matrices = w.transposes.layers[index]
    let isLast = index + 1 == c.layerCount
    attentionBackward(
      r.queryGradient, r.keyGradient, r.valueGradient, r.attendedGradient,
      a.query, a.key, a.value, a.attended, a.logSum, offsets: batch.offsets,
      queryOffsets: isLast ? batch.readOffsets : batch.offsets, heads: c.headCount,
      keyValueHeads: c.keyValueHeadCount, headDimension: c.headDimension,
      precision: w.precision, scratch: r.attentionScratch)
    func turnedBack(
      _ dx: FloatPointer, _ gradients: ProductGradients, heads: Int,
      positions: UnsafePointer<Int32>
    ) -> ProductFactor {
      let width = heads * c.headDimension
      return gradients.output(dx, width: width) { range in
        rotateBackward(
          dx + range.lowerBound * width, positions: positions + range.lowerBound,
          rows: range.count, heads: heads, table: rotary)
      }
    }
    let width = c.hiddenSize
    // What the layer above read: in the last one perhaps not all.
    let readsAll = !isLast || batch.readsAll
    gradients.multiply(
      turnedBack(
        r.queryGradient, gradients, heads: c.headCount,
        positions: readsAll ? w.positions : w.readPositions),
      gradients.input(readsAll ? a.inputNormed : r.readNormed, width: width),
      into: g + p.query, r.normedGradient, matrices.query)
    if !readsAll {
      batch.spread(r.normedGradient, width: width)
      batch.spread(r.streamGradient, width: width)
    }
    let all = ProductGradients(precision: w.precision, rows: batch.rowCount, regions: r)
    let x = all.input(a.inputNormed, width: width)
    all.multiply(
      turnedBack(
        r.keyGradient, all, heads: c.keyValueHeadCount, positions: w.positions),
      x, into: g + p.key, r.normedGradient, matrices.key, accumulate: true)
    all.multiply(
      all.output(r.valueGradient, width: c.keyValueWidth), x, into: g + p.value,
      r.normedGradient, matrices.value, accumulate: true)
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
