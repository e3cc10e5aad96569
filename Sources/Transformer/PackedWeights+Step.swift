public import Kernels

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
  ///
  /// The members of a team that share a step all call this with the same cache,
  /// workspace and rows. Every number is computed by one of them, in the way in
  /// which one lane alone computes it, so their count changes no bit either.
  @discardableResult
  public func step(
    _ rows: [StepRow], _ cache: KeyValueCache, _ w: InferenceWorkspace,
    _ member: LaneTeam.Member = .alone
  ) -> UnsafePointer<Float> {
    guard let head else { preconditionFailure("a scalar head has no vocabulary") }
    check(rows, cache, w, member)
    let r = w.r
    // With few rows memory is what is waited for: it goes on working while the
    // members wait for each other.
    let reachesAhead = rows.count <= Self.rowsBoundByMemory
    func reachAhead(_ next: PackedMatrix) {
      if reachesAhead { next.prefetch(part: member) }
    }
    // Rows that continue a sequence read all of its cache.
    let ahead = member.count == 1 ? w.readAhead : nil
    var runs = runs(rows)
    let continued = runs.filter { $0.count == 1 }.map { rows[$0.lowerBound] }
    func lookAhead(_ layer: Int) {
      guard let ahead else { return }
      ahead.clear()
      for row in continued {
        cache.layout.add(
          to: ahead, keys: cache.keys(layer, row.slot), values: cache.values(layer, row.slot),
          length: row.position + 1)
      }
    }
    embed(rows, w, member)
    var rows = rows
    for (index, p) in layers.enumerated() {
      normalize(r.stream, p.inputNorm, rows: rows.count, w, member)
      let normed = r.normed.rows(rows.count)
      matmul(r.key, normed, p.matrices.key, part: member, ahead: ahead)
      matmul(r.value, normed, p.matrices.value, part: member, ahead: ahead)
      reachAhead(p.matrices.query)
      member.wait()
      append(rows, runs, layer: index, cache, w, member)
      // Of the other rows only the keys and values are needed later.
      if index == layers.count - 1 {
        rows = keepWanted(rows, w, member)
        runs = self.runs(rows)
      }
      let count = rows.count
      matmul(r.query, r.normed.rows(count), p.matrices.query, part: member, ahead: ahead)
      reachAhead(p.matrices.output)
      member.wait()
      attend(rows, runs, layer: index, cache, w, member)
      // After the last layer comes the first of the next step.
      lookAhead((index + 1) % layers.count)
      member.wait()
      matmul(
        r.stream, r.attended.rows(count), p.matrices.output, adding: r.stream, part: member,
        ahead: ahead)
      reachAhead(p.matrices.gate)
      member.wait()

      normalize(r.stream, p.postNorm, rows: count, w, member)
      activate(p.matrices, rows: count, w, member, ahead: ahead)
      reachAhead(p.matrices.down)
      member.wait()
      matmul(
        r.stream, r.activated.rows(count), p.matrices.down, adding: r.stream, part: member,
        ahead: ahead)
      reachAhead(index + 1 < layers.count ? layers[index + 1].matrices.key : head)
      member.wait()
    }
    normalize(r.stream, finalNorm, rows: rows.count, w, member)
    matmul(r.logits, r.normed.rows(rows.count), head, part: member, ahead: ahead)
    member.wait()
    return UnsafePointer(r.logits)
  }

  /// Up to so many rows a product takes as long as reading its weights.
  private static let rowsBoundByMemory = 4

  // What follows is a member's part of one piece of a step. Who computes which
  // rows is the same from piece to piece but for attention, so that a member
  // waits only where it reads what others have written.

  private func embed(_ rows: [StepRow], _ w: InferenceWorkspace, _ member: LaneTeam.Member) {
    let width = configuration.hiddenSize
    let share = member.share(of: rows.count)
    for index in share {
      w.tokens[index] = rows[index].token
      w.positions[index] = Int32(rows[index].position)
    }
    Kernels.embed(
      w.r.stream + share.lowerBound * width, w.tokens + share.lowerBound, embedding.pointer,
      rows: share.count, width: width)
  }

  /// Fills `normed`, for all members.
  private func normalize(
    _ x: FloatPointer, _ weight: FloatBuffer, rows: Int, _ w: InferenceWorkspace,
    _ member: LaneTeam.Member
  ) {
    let width = configuration.hiddenSize
    w.r.normed.make(
      member.share(of: rows), atOnce: InferenceWorkspace.LaneRegions.rowsAtOnce,
      scratch: w.r.lanes[member.index].exact
    ) { out, _, range in
      rmsNorm(
        out, w.r.rstd + range.lowerBound, x + range.lowerBound * width, weight.pointer,
        rows: range.count, width: width, epsilon: configuration.normEpsilon)
    }
    member.wait()
  }

  /// SwiGLU of a member's columns of every row: of some columns at a time, whose gates
  /// are read while they are near.
  private func activate(
    _ matrices: Matrices, rows: Int, _ w: InferenceWorkspace, _ member: LaneTeam.Member,
    ahead: ReadAhead?
  ) {
    guard rows > 0 else { return }
    let normed = w.r.normed.rows(rows)
    let lane = w.r.lanes[member.index]
    let all = matrices.gate.outputs(of: member)
    let block = lane.gateColumns(rows: rows)
    for start in stride(from: all.lowerBound, to: all.upperBound, by: block) {
      let columns = start..<min(start + block, all.upperBound)
      let width = columns.count
      matmul(
        lane.gate, rowStride: width, normed, matrices.gate, outputs: columns, ahead: ahead)
      matmul(lane.up, rowStride: width, normed, matrices.up, outputs: columns, ahead: ahead)
      w.r.activated.make(
        0..<rows, columns: columns, atOnce: InferenceWorkspace.LaneRegions.rowsAtOnce,
        scratch: lane.exact
      ) { out, outStride, range in
        let first = range.lowerBound * width
        swiGLU(
          out, outStride: outStride, lane.gate + first, lane.up + first, stride: width,
          rows: range.count, count: width)
      }
    }
  }

  /// Rotates the step's keys and adds them and the values to the cache.
  private func append(
    _ rows: [StepRow], _ runs: [Range<Int>], layer: Int, _ cache: KeyValueCache,
    _ w: InferenceWorkspace,
    _ member: LaneTeam.Member
  ) {
    let c = configuration
    // By heads: neighbouring positions of one may share words of the cache.
    let heads = member.share(of: c.keyValueHeadCount)
    let start = heads.lowerBound * c.headDimension
    rotate(
      w.r.key + start, positions: w.positions, rows: rows.count, heads: heads.count,
      rowStride: c.keyValueWidth, table: rotary)
    for run in runs {
      let row = rows[run.lowerBound]
      let offset = run.lowerBound * c.keyValueWidth + start
      cache.layout.store(
        key: w.r.key + offset, value: w.r.value + offset, rows: run.count,
        rowStride: c.keyValueWidth, heads: heads, first: row.position,
        keys: cache.keys(layer, row.slot), values: cache.values(layer, row.slot))
    }
  }

  /// Rotates the rows' queries and attends to everything up to each row's
  /// position: run by run, and, where several members share the work, one
  /// key/value head at a time.
  private func attend(
    _ rows: [StepRow], _ runs: [Range<Int>], layer: Int, _ cache: KeyValueCache,
    _ w: InferenceWorkspace,
    _ member: LaneTeam.Member
  ) {
    let c = configuration
    let r = w.r
    let lane = r.lanes[member.index]
    let groups = c.keyValueHeadCount
    let share = c.headCount / groups
    let groupsOfPart = member.count == 1 ? groups : 1
    let parts = groups / groupsOfPart
    for part in stride(from: member.index, to: runs.count * parts, by: member.count) {
      let (index, group) = part.quotientAndRemainder(dividingBy: parts)
      let run = runs[index]
      let row = rows[run.lowerBound]
      let heads = group * groupsOfPart..<(group + 1) * groupsOfPart
      let width = heads.count * share * c.headDimension
      let columns = group * width..<(group + 1) * width
      let query = r.query + run.lowerBound * c.queryWidth + columns.lowerBound
      rotate(
        query, positions: w.positions + run.lowerBound, rows: run.count,
        heads: heads.count * share, rowStride: c.queryWidth, table: rotary)
      r.attended.make(run, columns: columns, atOnce: run.count, scratch: lane.exact) {
        out, outStride, _ in
        cachedAttention(
          out, outStride: outStride, query, rowStride: c.queryWidth, rows: run.count,
          first: row.position, keyValueHeads: heads, share: share,
          keys: cache.keys(layer, row.slot), values: cache.values(layer, row.slot),
          layout: cache.layout, scratch: lane.attention)
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
  private func keepWanted(
    _ rows: [StepRow], _ w: InferenceWorkspace, _ member: LaneTeam.Member
  ) -> [StepRow] {
    let wanted = rows.indices.filter { rows[$0].wantsLogits }
    if wanted.count == rows.count { return rows }
    // The others may still read what is moved.
    member.wait()
    if member.index == 0 {
      let width = configuration.hiddenSize
      // Rows move towards the front, so none is overwritten before it is read.
      for (index, row) in wanted.enumerated() where index != row {
        (w.r.stream + index * width).update(from: w.r.stream + row * width, count: width)
        w.r.normed.copyRow(row, to: index)
        w.positions[index] = w.positions[row]
      }
    }
    member.wait()
    return wanted.map { rows[$0] }
  }

  private func check(
    _ rows: [StepRow], _ cache: KeyValueCache, _ w: InferenceWorkspace,
    _ member: LaneTeam.Member
  ) {
    precondition(
      w.configuration == configuration && cache.configuration == configuration
        && cache.layout.precision == precision && w.precision == precision,
      "the workspace or the cache is of another model shape or precision")
    precondition(
      cache.capacity <= w.capacity,
      "a cache of \(cache.capacity) positions in a workspace for \(w.capacity)")
    precondition(
      member.count <= w.lanes,
      "a step by \(member.count) lanes in a workspace for \(w.lanes)")
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
