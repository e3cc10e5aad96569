internal import Kernels

/// One token to feed to a slot.
public struct StepRow: Hashable, Sendable {
  public var token: Int32
  public var slot: Int
  /// Index of the token in its slot's sequence; earlier positions are cached.
  public var position: Int
  /// Whether the distribution after this token is needed.
  public var wantsLogits: Bool

  public init(token: Int32, slot: Int, position: Int, wantsLogits: Bool = true) {
    self.token = token
    self.slot = slot
    self.position = position
    self.wantsLogits = wantsLogits
  }
}

extension PackedWeights {
  /// Feeds tokens to slots of the cache and returns the logits, `[n, V]`, of the
  /// n rows that want them, in row order; valid until the workspace's next step.
  ///
  /// Rows of one slot come in rising position, without gaps from what the slot
  /// already holds. All keys and values are appended before attention, so a
  /// prompt may come whole or token by token. A row's logits do not depend, bit
  /// by bit, on that choice or on the other rows of the step.
  @discardableResult
  public func step(
    _ rows: [StepRow], _ cache: KeyValueCache, _ w: InferenceWorkspace
  ) -> UnsafePointer<Float> {
    guard let head else { preconditionFailure("a scalar head has no vocabulary") }
    check(rows, cache, w)
    let c = configuration
    let r = w.r
    let width = c.hiddenSize
    for (index, row) in rows.enumerated() {
      w.tokens[index] = row.token
      w.positions[index] = Int32(row.position)
    }
    embed(r.stream, w.tokens, embedding.pointer, rows: rows.count, width: width)
    var rows = rows
    for (index, p) in layers.enumerated() {
      rmsNorm(
        r.normed, r.rstd, r.stream, p.inputNorm.pointer, rows: rows.count, width: width,
        epsilon: c.normEpsilon)
      matmul(r.key, r.normed, p.key, rows: rows.count)
      matmul(r.value, r.normed, p.value, rows: rows.count)
      append(rows, layer: index, cache, w)
      // Of the other rows only the keys and values are needed later.
      if index == layers.count - 1 { rows = keepWanted(rows, w) }
      let count = rows.count
      matmul(r.query, r.normed, p.query, rows: count)
      attend(rows, layer: index, cache, w)
      matmul(r.stream, r.attended, p.output, rows: count, accumulate: true)

      rmsNorm(
        r.normed, r.rstd, r.stream, p.postNorm.pointer, rows: count, width: width,
        epsilon: c.normEpsilon)
      matmul(r.gate, r.normed, p.gate, rows: count)
      matmul(r.up, r.normed, p.up, rows: count)
      swiGLU(r.activated, r.gate, r.up, count: count * c.intermediateSize)
      matmul(r.stream, r.activated, p.down, rows: count, accumulate: true)
    }
    rmsNorm(
      r.normed, r.rstd, r.stream, finalNorm.pointer, rows: rows.count, width: width,
      epsilon: c.normEpsilon)
    matmul(r.logits, r.normed, head, rows: rows.count)
    return UnsafePointer(r.logits)
  }

  /// Rotates the step's keys and adds them and the values to the cache.
  private func append(
    _ rows: [StepRow], layer: Int, _ cache: KeyValueCache, _ w: InferenceWorkspace
  ) {
    let r = w.r
    let keyWidth = configuration.keyValueWidth
    rotate(
      r.key, positions: w.positions, rows: rows.count,
      heads: configuration.keyValueHeadCount, table: rotary)
    for (index, row) in rows.enumerated() {
      cache.layout.store(
        key: r.key + index * keyWidth, value: r.value + index * keyWidth,
        position: row.position, keys: cache.keys(layer, row.slot),
        values: cache.values(layer, row.slot))
    }
  }

  /// Rotates the rows' queries and attends row by row to everything up to each
  /// row's position.
  private func attend(
    _ rows: [StepRow], layer: Int, _ cache: KeyValueCache, _ w: InferenceWorkspace
  ) {
    let c = configuration
    let r = w.r
    rotate(r.query, positions: w.positions, rows: rows.count, heads: c.headCount, table: rotary)
    let heads = c.headCount / c.keyValueHeadCount
    for run in runs(rows) {
      let row = rows[run.lowerBound]
      for group in 0..<c.keyValueHeadCount {
        let start = run.lowerBound * c.queryWidth + group * heads * c.headDimension
        cachedAttention(
          r.attended + start, r.query + start, rows: run.count, rowStride: c.queryWidth,
          first: row.position, heads: heads, keys: cache.keys(layer, row.slot),
          values: cache.values(layer, row.slot), layout: cache.layout, keyValueHead: group,
          scratch: r.attentionScratch)
      }
    }
  }

  /// Rows that are neighbours in one sequence.
  private func runs(_ rows: [StepRow]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (index, row) in rows.enumerated() {
      if let last = runs.last, rows[index - 1].slot == row.slot,
        rows[index - 1].position + 1 == row.position
      {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }

  /// Moves the rows that want logits to the front of the residual stream and of
  /// its normalised copy, and returns them.
  private func keepWanted(_ rows: [StepRow], _ w: InferenceWorkspace) -> [StepRow] {
    let wanted = rows.indices.filter { rows[$0].wantsLogits }
    let width = configuration.hiddenSize
    // Rows move towards the front, so none is overwritten before it is read.
    for (index, row) in wanted.enumerated() where index != row {
      (w.r.stream + index * width).update(from: w.r.stream + row * width, count: width)
      (w.r.normed + index * width).update(from: w.r.normed + row * width, count: width)
      w.positions[index] = w.positions[row]
    }
    return wanted.map { rows[$0] }
  }

  private func check(_ rows: [StepRow], _ cache: KeyValueCache, _ w: InferenceWorkspace) {
    precondition(
      w.configuration == configuration && cache.configuration == configuration
        && cache.layout.precision == precision,
      "the workspace or the cache is of another model shape or precision")
    precondition(
      (1...w.maximumRows).contains(rows.count),
      "a step of \(rows.count) rows in a workspace for 1...\(w.maximumRows)")
    var wanted = 0
    for row in rows {
      precondition(
        row.token >= 0 && row.token < configuration.vocabularySize
          && (0..<cache.slots).contains(row.slot)
          && (0..<cache.capacity).contains(row.position),
        "\(row) lies outside the vocabulary or the cache")
      if row.wantsLogits { wanted += 1 }
    }
    precondition(wanted <= w.maximumLogitRows, "more rows want logits than the workspace holds")
  }
}

extension Model {
  /// One step with the current weights, as `packedWeights().step(…)`. For
  /// many steps, ask for the weights once.
  @discardableResult
  public func step(
    _ rows: [StepRow], _ cache: KeyValueCache, _ w: InferenceWorkspace
  ) -> UnsafePointer<Float> {
    packedWeights().step(rows, cache, w)
  }
}
