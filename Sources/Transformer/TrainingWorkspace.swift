public import Kernels

/// Everything a forward and backward pass writes, in one arena allocated once:
/// the activations that backward reads again, and scratch. One lane owns one.
///
/// `@unchecked Sendable`: it may move to the lane's thread, and only one lane
/// uses it at a time.
public final class TrainingWorkspace: @unchecked Sendable {
  /// What one layer keeps from forward for backward. P is the most rows. What
  /// products multiplied is kept as `ProductColumns`. The last layer's query, and what
  /// follows from it, have those rows alone that are read.
  struct Layer {
    let input: FloatPointer  // [P, C] residual stream before attention
    let inputRstd: FloatPointer  // [P]
    let inputNormed: FloatPointer  // [P, C] as columns
    let query: FloatPointer  // [P, H·D] rotated
    let key: FloatPointer  // [P, G·D] rotated
    let value: FloatPointer  // [P, G·D]
    let attended: FloatPointer  // [P, H·D]
    let attendedColumns: FloatPointer  // [P, H·D] as columns: in float32 the same
    let logSum: FloatPointer  // [P, H] log-sum-exp of the attention scores
    let middle: FloatPointer  // [P, C] residual stream after attention
    let middleRstd: FloatPointer  // [P]
    let middleNormed: FloatPointer  // [P, C] as columns
    let gate: FloatPointer  // [P, F]
    let up: FloatPointer  // [P, F]
    let activated: FloatPointer  // [P, F] as columns
  }

  /// Regions shared by all layers.
  struct Regions {
    var layers: [Layer] = []
    /// What the last layer's query is made from when not all rows are read.
    let readNormed: FloatPointer  // [P, C] as columns
    let last: FloatPointer  // [P, C] residual stream after the last layer
    let lastRstd: FloatPointer  // [P]
    let hidden: FloatPointer  // [P, C]
    let hiddenGradient: FloatPointer  // [P, C]
    let streamGradient: FloatPointer  // [P, C] gradient of the residual stream
    let normedGradient: FloatPointer  // [P, C]
    let queryGradient: FloatPointer  // [P, H·D]
    let keyGradient: FloatPointer  // [P, G·D]
    let valueGradient: FloatPointer  // [P, G·D]
    let attendedGradient: FloatPointer  // [P, H·D]
    let activatedGradient: FloatPointer  // [P, F]
    let attentionScratch: FloatPointer
    let selected: FloatPointer  // [P, C] hidden rows a head reads, as columns
    let logits: FloatPointer  // [logitRows, V]
    let logProbability: FloatPointer  // [P]
    let logSum: FloatPointer  // [P] log-sum-exp of the logits
    let entropy: FloatPointer  // [P]
    /// The factor of the products at hand: its scratch, and, for a gradient, its
    /// columns. The others are for pairs.
    let factorRows, gradientColumns: FloatPointer
    let otherFactorRows, otherGradientColumns: FloatPointer

    init(
      _ arena: inout Arena, _ c: ModelConfiguration, rows: Int, logitRows: Int,
      maximumSequence: Int, precision: Precision
    ) {
      func columns(_ place: ProductColumns.Place, _ rows: Int, _ width: Int) -> Int {
        ProductColumns.count(as: place, rows: rows, width: width, precision: precision)
      }
      func scratch(_ rows: Int, _ width: Int) -> Int {
        ProductFactor.scratchCount(rows: rows, width: width, precision: precision)
      }
      for _ in 0..<c.layerCount {
        let attended = arena.take(rows * c.queryWidth)
        layers.append(
          Layer(
            input: arena.take(rows * c.hiddenSize),
            inputRstd: arena.take(rows),
            inputNormed: arena.take(columns(.input, rows, c.hiddenSize)),
            query: arena.take(rows * c.queryWidth),
            key: arena.take(rows * c.keyValueWidth),
            value: arena.take(rows * c.keyValueWidth),
            attended: attended,
            attendedColumns: precision == .float32
              ? attended : arena.take(columns(.input, rows, c.queryWidth)),
            logSum: arena.take(rows * c.headCount),
            middle: arena.take(rows * c.hiddenSize),
            middleRstd: arena.take(rows),
            middleNormed: arena.take(columns(.input, rows, c.hiddenSize)),
            gate: arena.take(rows * c.intermediateSize),
            up: arena.take(rows * c.intermediateSize),
            activated: arena.take(columns(.input, rows, c.intermediateSize))))
      }
      readNormed = arena.take(columns(.input, rows, c.hiddenSize))
      last = arena.take(rows * c.hiddenSize)
      lastRstd = arena.take(rows)
      hidden = arena.take(rows * c.hiddenSize)
      hiddenGradient = arena.take(rows * c.hiddenSize)
      streamGradient = arena.take(rows * c.hiddenSize)
      normedGradient = arena.take(rows * c.hiddenSize)
      queryGradient = arena.take(rows * c.queryWidth)
      keyGradient = arena.take(rows * c.keyValueWidth)
      valueGradient = arena.take(rows * c.keyValueWidth)
      attendedGradient = arena.take(rows * c.queryWidth)
      activatedGradient = arena.take(rows * c.intermediateSize)
      attentionScratch = arena.take(
        AttentionScratch.scratchCount(
          maximumSequence: maximumSequence, heads: c.headCount,
          keyValueHeads: c.keyValueHeadCount, headDimension: c.headDimension))
      selected = arena.take(columns(.input, rows, c.hiddenSize))
      logits = arena.take(logitRows * c.vocabularySize)
      logProbability = arena.take(rows)
      logSum = arena.take(rows)
      entropy = arena.take(rows)
      let widest = max(c.hiddenSize, c.intermediateSize, c.queryWidth)
      factorRows = arena.take(
        max(scratch(rows, widest), scratch(logitRows, c.vocabularySize)))
      // In float32 all others are matrices of their own.
      gradientColumns = arena.take(
        precision == .float32
          ? rows * c.intermediateSize
          : max(
            columns(.outputGradient, rows, widest),
            columns(.outputGradient, logitRows, c.vocabularySize)))
      otherFactorRows = arena.take(scratch(rows, c.intermediateSize))
      otherGradientColumns = arena.take(columns(.outputGradient, rows, c.intermediateSize))
    }
  }

  /// Which logits the buffer holds, so that backward need not compute them again.
  struct HeldLogits: Equatable {
    var rows: [Int32]
    var temperature: Float
  }

  /// Most rows a batch may have.
  public let maximumRows: Int
  /// Most tokens one sequence may have.
  public let maximumSequence: Int
  let configuration: ModelConfiguration
  /// Of the models that pass through it.
  let precision: Precision
  let r: Regions
  /// Rows of logits computed at once.
  let logitRows: Int
  /// Of the rows of the last forward pass, and of those that are read.
  let positions, readPositions: UnsafeMutablePointer<Int32>
  /// Of each row of the last forward pass its row of the hidden states, or -1.
  private let places: UnsafeMutablePointer<Int32>
  /// Of the last forward pass's batch.
  private var offsets = [0]
  private var readOffsets = [0]
  var held: HeldLogits?
  /// Whether the last forward pass kept what backward multiplies by.
  var keepsColumns = false
  /// What the last forward pass multiplied by. Weak, so that the next update's
  /// weights can be packed into the same memory.
  weak var weights: PackedWeights?
  private let buffer: FloatBuffer

  /// Allocates for batches of up to `maximumRows` rows whose sequences have up
  /// to `maximumSequence` tokens. Logits take at most 16 MiB: with a large
  /// vocabulary they are computed a few rows at a time, and again in backward.
  public init(
    _ configuration: ModelConfiguration, maximumRows: Int, maximumSequence: Int,
    precision: Precision = .float32
  ) {
    precondition(
      maximumSequence <= configuration.maximumPositions,
      "a sequence of \(maximumSequence) exceeds \(configuration.maximumPositions) positions")
    let rows = maximumRows
    let affordable = (4 << 20) / configuration.vocabularySize
    let logitRows = min(rows, max(1, affordable))
    self.configuration = configuration
    self.precision = precision
    self.maximumRows = maximumRows
    self.maximumSequence = maximumSequence
    self.logitRows = logitRows
    func carve(_ arena: inout Arena) -> Regions {
      Regions(
        &arena, configuration, rows: rows, logitRows: logitRows,
        maximumSequence: maximumSequence, precision: precision)
    }
    var measure = Arena.measuring()
    _ = carve(&measure)
    buffer = FloatBuffer(count: measure.count)
    var arena = Arena(buffer)
    r = carve(&arena)
    func integers() -> UnsafeMutablePointer<Int32> {
      let memory = UnsafeMutablePointer<Int32>.allocate(capacity: rows)
      memory.initialize(repeating: 0, count: rows)
      return memory
    }
    positions = integers()
    readPositions = integers()
    places = integers()
  }

  deinit {
    positions.deallocate()
    readPositions.deallocate()
    places.deallocate()
  }

  /// Notes where the rows of a batch stand.
  func notePlaces(of batch: PackedBatch) {
    offsets = batch.offsets
    readOffsets = batch.readOffsets
    for s in 0..<batch.sequenceCount {
      let (start, firstKept) = (batch.offsets[s], batch.firstKept(s))
      for row in start..<batch.offsets[s + 1] {
        positions[row] = Int32(row - start)
        places[row] = -1
        guard row >= firstKept else { continue }
        let place = batch.readOffsets[s] + row - firstKept
        places[row] = Int32(place)
        readPositions[place] = positions[row]
      }
    }
  }

  /// Where the hidden state of a row of the last forward pass, or its gradient,
  /// stands among those that are read.
  func place(of row: Int32) -> Int {
    precondition(
      row >= 0 && row < offsets[offsets.count - 1], "row \(row) is none of the last batch's")
    let place = Int(places[Int(row)])
    precondition(place >= 0, "row \(row) comes before what the batch said it would read")
    return place
  }

  /// Whether the last forward pass was of a batch of this shape.
  func isOf(_ batch: PackedBatch) -> Bool {
    batch.offsets == offsets && batch.readOffsets == readOffsets
  }

  /// Final-norm hidden states of the last forward pass, `[K, C]`.
  public var hidden: FloatPointer { r.hidden }
  /// Gradient with respect to `hidden`, `[K, C]`: zeroed by forward, added to by
  /// the heads' backward functions, read by the model's backward.
  public var hiddenGradient: FloatPointer { r.hiddenGradient }

  /// What `write` writes, `[rows, width]`, as products multiply it, keeping its
  /// columns in `kept` if backward will follow. The rows are valid until the next.
  func input(
    _ rows: Int, _ width: Int, keepingIn kept: FloatPointer,
    writing write: (FloatPointer, Range<Int>) -> Void
  ) -> ProductRows {
    ProductFactor(
      .input, rows: rows, width: width, precision: precision, in: memory(kept), writing: write
    ).rows
  }

  /// The same of a matrix.
  func input(
    _ x: ConstFloatPointer, _ rows: Int, _ width: Int, keepingIn kept: FloatPointer
  ) -> ProductRows {
    ProductFactor(
      .input, of: x, rows: rows, width: width, precision: precision, in: memory(kept)
    ).rows
  }

  private func memory(_ kept: FloatPointer) -> ProductFactor.Memory {
    ProductFactor.Memory(
      columns: kept, scratch: r.factorRows, keepsColumns: keepsColumns)
  }

  /// The transposes of what the last forward pass multiplied by.
  var transposes: PackedWeights.Backward {
    guard let backward = weightsOfForward.backward, keepsColumns else {
      preconditionFailure("forward was not told that backward would follow")
    }
    return backward
  }

  /// What the last forward pass multiplied by.
  var weightsOfForward: PackedWeights {
    guard let weights else {
      preconditionFailure("a backward or head function without forward, or its weights released")
    }
    return weights
  }

  /// Bytes allocated.
  public var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }
}
