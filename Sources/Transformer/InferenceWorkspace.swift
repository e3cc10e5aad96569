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
    let normed: ProductInput  // [P, C]
    let rstd: FloatPointer  // [P]
    let query: FloatPointer  // [P, H·D]
    let key: FloatPointer  // [P, G·D]
    let value: FloatPointer  // [P, G·D]
    let attended: ProductInput  // [P, H·D]
    let activated: ProductInput  // [P, F]
    let logits: FloatPointer  // [logit rows, V]
    let lanes: [LaneRegions]

    init(
      _ arena: inout Arena, _ c: ModelConfiguration, _ precision: Precision, rows: Int,
      logitRows: Int, lanes: Int, attention: Int
    ) {
      func input(_ width: Int) -> ProductInput {
        ProductInput(
          arena.take(ProductInput.count(rows: rows, width: width, precision: precision)),
          width: width, precision: precision)
      }
      stream = arena.take(rows * c.hiddenSize)
      normed = input(c.hiddenSize)
      rstd = arena.take(rows)
      query = arena.take(rows * c.queryWidth)
      key = arena.take(rows * c.keyValueWidth)
      value = arena.take(rows * c.keyValueWidth)
      attended = input(c.queryWidth)
      activated = input(c.intermediateSize)
      logits = arena.take(logitRows * c.vocabularySize)
      self.lanes = (0..<lanes).map { _ in
        LaneRegions(&arena, c, precision, rows: rows, attention: attention)
      }
    }
  }

  /// What one lane writes alone, in whole cache lines, so that lanes beside each other
  /// do not write the same one.
  struct LaneRegions {
    /// Of attention.
    let attention: FloatPointer
    /// Gates of some columns, and what they let through: `blockCount` each.
    let gate, up: FloatPointer
    /// Rows before they are rounded, in bfloat16.
    let exact: FloatPointer
    private let blockCount: Int

    init(
      _ arena: inout Arena, _ c: ModelConfiguration, _ precision: Precision, rows: Int,
      attention: Int
    ) {
      self.attention = arena.take(attention)
      blockCount = max(Self.nearCount, rows * Self.fewestColumns)
      gate = arena.take(blockCount)
      up = arena.take(blockCount)
      let exactCount = max(
        rows * c.queryWidth, Self.rowsAtOnce * max(c.hiddenSize, c.intermediateSize))
      exact = arena.take(precision == .float32 ? 0 : exactCount)
    }

    /// Numbers that stay in the second cache beside the weights that make them.
    private static let nearCount = 1 << 14
    /// A panel's.
    private static let fewestColumns = 32
    /// Rows that are rounded at a time.
    static let rowsAtOnce = 8

    /// Columns of gates that are computed at a time, whole panels: as many as stay
    /// near until they are read.
    func gateColumns(rows: Int) -> Int {
      blockCount / rows / Self.fewestColumns * Self.fewestColumns
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
  let precision: Precision
  let r: Regions
  let tokens: UnsafeMutablePointer<Int32>
  let positions: UnsafeMutablePointer<Int32>
  /// What attention will read next, for a lane alone.
  let readAhead: ReadAhead
  private let buffer: FloatBuffer

  /// Allocates for steps of up to `maximumRows` rows, of which up to
  /// `maximumLogitRows` (default: all) want logits, by up to `lanes` lanes, with a
  /// cache of up to `capacity` positions (default: all that the model has).
  public init(
    _ configuration: ModelConfiguration, precision: Precision, maximumRows: Int,
    maximumLogitRows: Int? = nil, lanes: Int = 1, capacity: Int? = nil
  ) {
    self.configuration = configuration
    self.precision = precision
    self.maximumRows = maximumRows
    self.maximumLogitRows = maximumLogitRows ?? maximumRows
    self.lanes = lanes
    self.capacity = capacity ?? configuration.maximumPositions
    let rows = maximumRows
    let logitRows = self.maximumLogitRows
    let attention = cachedAttentionScratchCount(
      length: self.capacity, headDimension: configuration.headDimension)
    func regions(_ arena: inout Arena) -> Regions {
      Regions(
        &arena, configuration, precision, rows: rows, logitRows: logitRows, lanes: lanes,
        attention: attention)
    }
    var measure = Arena.measuring()
    _ = regions(&measure)
    buffer = FloatBuffer(count: measure.count)
    var arena = Arena(buffer)
    r = regions(&arena)
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

  /// Bytes allocated.
  public var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }
}
