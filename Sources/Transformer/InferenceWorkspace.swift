public import Kernels

/// What one inference step writes, in one arena allocated once. One lane owns
/// one.
///
/// `@unchecked Sendable`: it may move to the lane's thread, and only one lane
/// uses it at a time, or the members of its team, who see to it that none
/// writes what another one reads.
public final class InferenceWorkspace: @unchecked Sendable {
  /// P is the most rows of a step.
  struct Regions {
    let stream: FloatPointer  // [P, C] residual stream
    let normed: FloatPointer  // [P, C]
    let rstd: FloatPointer  // [P]
    let query: FloatPointer  // [P, H·D]
    let key: FloatPointer  // [P, G·D]
    let value: FloatPointer  // [P, G·D]
    let attended: FloatPointer  // [P, H·D]
    let attentionScratch: FloatPointer  // [lanes, attentionScratchCount]
    let gate: FloatPointer  // [P, F]
    let up: FloatPointer  // [P, F]
    let activated: FloatPointer  // [P, F]
    let logits: FloatPointer  // [logit rows, V]

    init(
      _ arena: inout Arena, _ c: ModelConfiguration, rows: Int, logitRows: Int,
      attention: Int
    ) {
      stream = arena.take(rows * c.hiddenSize)
      normed = arena.take(rows * c.hiddenSize)
      rstd = arena.take(rows)
      query = arena.take(rows * c.queryWidth)
      key = arena.take(rows * c.keyValueWidth)
      value = arena.take(rows * c.keyValueWidth)
      attended = arena.take(rows * c.queryWidth)
      attentionScratch = arena.take(attention)
      gate = arena.take(rows * c.intermediateSize)
      up = arena.take(rows * c.intermediateSize)
      activated = arena.take(rows * c.intermediateSize)
      logits = arena.take(logitRows * c.vocabularySize)
    }
  }

  /// Most rows a step may have.
  public let maximumRows: Int
  /// Most rows of a step that may want logits.
  public let maximumLogitRows: Int
  /// Most lanes that may share a step.
  public let lanes: Int
  /// Most positions that the step's cache may have.
  public let capacity: Int
  /// Logits of the last step's rows that wanted them, `[n, V]`, in row order.
  public var logits: FloatPointer { r.logits }
  let configuration: ModelConfiguration
  let r: Regions
  let tokens: UnsafeMutablePointer<Int32>
  let positions: UnsafeMutablePointer<Int32>
  /// What attention will read next, for a lane alone.
  let readAhead: ReadAhead
  private let attentionScratchCount: Int
  private let buffer: FloatBuffer

  /// Allocates for steps of up to `maximumRows` rows, of which up to
  /// `maximumLogitRows` (default: all) want logits, by up to `lanes` lanes, with a
  /// cache of up to `capacity` positions (default: all that the model has).
  public init(
    _ configuration: ModelConfiguration, maximumRows: Int, maximumLogitRows: Int? = nil,
    lanes: Int = 1, capacity: Int? = nil
  ) {
    self.configuration = configuration
    self.maximumRows = maximumRows
    self.maximumLogitRows = maximumLogitRows ?? maximumRows
    self.lanes = lanes
    self.capacity = capacity ?? configuration.maximumPositions
    // Whole cache lines, so that lanes beside each other do not write the same one.
    attentionScratchCount = cachedAttentionScratchCount(
      length: self.capacity, headDimension: configuration.headDimension)
    let attention = lanes * attentionScratchCount
    let rows = maximumRows
    let logitRows = self.maximumLogitRows
    var measure = Arena.measuring()
    _ = Regions(&measure, configuration, rows: rows, logitRows: logitRows, attention: attention)
    buffer = FloatBuffer(count: measure.count)
    var arena = Arena(buffer)
    r = Regions(&arena, configuration, rows: rows, logitRows: logitRows, attention: attention)
    readAhead = ReadAhead(sequences: rows)
    tokens = .allocate(capacity: rows)
    positions = .allocate(capacity: rows)
    tokens.initialize(repeating: 0, count: rows)
    positions.initialize(repeating: 0, count: rows)
  }

  deinit {
    tokens.deallocate()
    positions.deallocate()
  }

  /// The working memory of attention for one lane of those that share a step.
  func attentionScratch(_ lane: Int) -> FloatPointer {
    r.attentionScratch + lane * attentionScratchCount
  }

  /// Bytes allocated.
  public var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }
}
