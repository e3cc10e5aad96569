public import Kernels

extension Model {
  /// Natural log-probability of `targets[i]` as the token after row `rows[i]`
  /// of the last forward pass's batch, under softmax(logits / temperature), and, when
  /// asked for, that distribution's entropy in nats (else an empty array).
  /// At most `w.maximumRows` rows.
  public func logProbabilities(
    rows: [Int32], targets: [Int32], temperature: Float = 1, _ w: TrainingWorkspace,
    entropies: Bool = false
  ) -> (logProbabilities: [Float], entropies: [Float]) {
    checkHead(rows, targets.count, w)
    let vocabulary = configuration.vocabularySize
    targets.withUnsafeBufferPointer { target in
      for start in stride(from: 0, to: rows.count, by: w.logitRows) {
        let count = min(w.logitRows, rows.count - start)
        computeLogits(rows[start..<start + count], temperature, w)
        logProbability(
          w.r.logProbability + start, w.r.logSum + start,
          entropies ? w.r.entropy + start : nil, w.r.logits,
          target.baseAddress! + start, rows: count, vocabulary: vocabulary)
      }
    }
    w.held =
      rows.count <= w.logitRows ? .init(rows: rows, temperature: temperature) : nil
    return (
      Array(UnsafeBufferPointer(start: w.r.logProbability, count: rows.count)),
      entropies ? Array(UnsafeBufferPointer(start: w.r.entropy, count: rows.count)) : []
    )
  }

  /// Adds the gradient of Σᵢ -coefficients[i] · logProbability[i] to
  /// `w.hiddenGradient` and to the head's weight in `gradient`. Call after
  /// `logProbabilities` with the same rows, targets and temperature.
  public func logProbabilitiesBackward(
    rows: [Int32], targets: [Int32], coefficients: [Float], temperature: Float = 1,
    _ w: TrainingWorkspace, into gradient: FloatBuffer
  ) {
    checkHead(rows, targets.count, w)
    precondition(coefficients.count == rows.count, "one coefficient a row")
    guard let transpose = w.transposes.head else {
      preconditionFailure("the weights of a model without this head")
    }
    let vocabulary = configuration.vocabularySize
    let width = configuration.hiddenSize
    let holdsLogits = w.held == .init(rows: rows, temperature: temperature)
    // By the logits before they were divided by the temperature.
    let coefficients = coefficients.map { $0 / temperature }
    for start in stride(from: 0, to: rows.count, by: w.logitRows) {
      let count = min(w.logitRows, rows.count - start)
      let chunk = rows[start..<start + count]
      if !holdsLogits { computeLogits(chunk, temperature, w) }
      let delta = w.r.normedGradient
      let gradients = ProductGradients(precision: w.precision, rows: count, regions: w.r)
      let out = gradients.output(w.r.logits, width: vocabulary) { range in
        targets.withUnsafeBufferPointer { target in
          coefficients.withUnsafeBufferPointer { coefficient in
            let first = start + range.lowerBound
            logProbabilityBackward(
              w.r.logits + range.lowerBound * vocabulary, w.r.logSum + first,
              coefficient.baseAddress! + first, target.baseAddress! + first,
              rows: range.count, vocabulary: vocabulary)
          }
        }
      }
      gradients.multiply(
        out, gradients.input(w.r.selected, width: width),
        into: gradient.pointer + layout.headWeight, delta, transpose)
      for (index, row) in chunk.enumerated() {
        addInto(w.r.hiddenGradient + w.place(of: row) * width, delta + index * width, count: width)
      }
    }
    w.held = nil
  }

  /// Gathers hidden rows into `w.r.selected`, and computes their logits, `[rows,
  /// V]`, divided by the temperature, into `w.r.logits`: as sampling does, so that
  /// both have the same bits.
  private func computeLogits(
    _ rows: ArraySlice<Int32>, _ temperature: Float, _ w: TrainingWorkspace
  ) {
    let width = configuration.hiddenSize
    guard let head = w.weightsOfForward.head else {
      preconditionFailure("the last forward pass was of a model without a vocabulary")
    }
    let x = w.input(rows.count, width, keepingIn: w.r.selected) { out, range in
      for (index, row) in rows.dropFirst(range.lowerBound).prefix(range.count).enumerated() {
        (out + index * width).update(from: w.r.hidden + w.place(of: row) * width, count: width)
      }
    }
    matmul(w.r.logits, x, head)
    if temperature != 1 {
      scale(w.r.logits, by: 1 / temperature, count: rows.count * configuration.vocabularySize)
    }
  }

  private func checkHead(_ rows: [Int32], _ targets: Int, _ w: TrainingWorkspace) {
    precondition(head == .languageModel, "a \(head) head has no vocabulary")
    precondition(w.configuration == configuration, "the workspace is of another model shape")
    precondition(rows.count == targets, "one target a row")
    precondition(rows.count <= w.maximumRows, "more rows than the workspace holds")
  }
}
