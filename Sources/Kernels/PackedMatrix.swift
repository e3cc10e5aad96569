internal import CKernels

/// A weight matrix in the order in which `matmul` reads it, in its precision. A
/// snapshot: later changes to the weights reach it by `pack` alone.
///
/// `@unchecked Sendable`: whoever calls `pack` does so while no lane reads.
public final class PackedMatrix: @unchecked Sendable {
  public let inputs: Int
  public let outputs: Int
  public let precision: Precision
  /// Whether what is packed is Wᵀ.
  private let isTransposed: Bool
  /// Panels of 32 outputs, `[⌈O/32⌉, I, 32]`, in bfloat16 of pairs of inputs,
  /// `[⌈O/32⌉, ⌈I/2⌉, 32]`.
  let panels: FloatPointer
  private let memory: FloatBuffer

  /// Room for `[O, I]` weights, or, transposing, for the transpose of `[I, O]`
  /// weights, in bfloat16 alone: `panelCount` numbers from `start` on. Matrices
  /// that are read one after the other belong into one block of memory, whose
  /// pages are large.
  public init(
    inputs: Int, outputs: Int, precision: Precision, transposing: Bool = false,
    at start: FloatPointer, of memory: FloatBuffer
  ) {
    precondition(!transposing || precision == .bfloat16, "only rounded matrices transpose")
    self.inputs = inputs
    self.outputs = outputs
    self.precision = precision
    isTransposed = transposing
    panels = start
    self.memory = memory
  }

  /// Copies `w`, `[O, I]` (or, transposing, `[I, O]`).
  public convenience init(
    _ w: ConstFloatPointer, inputs: Int, outputs: Int, precision: Precision = .float32,
    transposing: Bool = false
  ) {
    let memory = FloatBuffer(
      count: Self.panelCount(inputs: inputs, outputs: outputs, precision: precision))
    self.init(
      inputs: inputs, outputs: outputs, precision: precision, transposing: transposing,
      at: memory.pointer, of: memory)
    pack(w)
  }

  /// Numbers that a matrix takes.
  public static func panelCount(inputs: Int, outputs: Int, precision: Precision) -> Int {
    roundUp(outputs, to: panelWidth) * depth(inputs, precision)
  }

  /// Copies `w`, `[O, I]` (or, transposing, `[I, O]`), over what is there.
  public func pack(_ w: ConstFloatPointer) {
    let target = pairs(panels)
    guard !isTransposed else {
      solon_round_columns(target, panelWidth, depth * panelWidth, w, outputs, inputs, outputs)
      return
    }
    packPanels(target, w, stride: inputs, rows: outputs, width: inputs, precision)
  }

  var depth: Int { Self.depth(inputs, precision) }

  private static func depth(_ inputs: Int, _ precision: Precision) -> Int {
    precision == .float32 ? inputs : (inputs + 1) / 2
  }
}

/// Outputs of a panel.
let panelWidth = solon_panel_width

/// Writes the panels of a product by xᵀ: row r of `x`, `[rows, width]`, `stride`
/// apart, becomes column r.
func packPanels(
  _ panels: PairPointer, _ x: ConstFloatPointer, stride: Int, rows: Int, width: Int,
  _ precision: Precision
) {
  switch precision {
  case .float32: solon_transpose_to_panels(panels, words(x), stride, rows, width)
  case .bfloat16: solon_round_to_panels(panels, x, stride, rows, width)
  }
}

/// Writes the panels of a product by x, panels `block` words apart: column c of `x`,
/// `[rows, width]`, `stride` apart, becomes column c; in bfloat16 with pairs of rows.
func packColumns(
  _ panels: PairPointer, block: Int, _ x: ConstFloatPointer, stride: Int, rows: Int,
  width: Int, _ precision: Precision
) {
  switch precision {
  case .float32: solon_copy_to_panels(panels, block, words(x), stride, rows, width)
  case .bfloat16: solon_round_columns(panels, panelWidth, block, x, stride, rows, width)
  }
}

extension PackedMatrix {
  /// The outputs that a member of a team computes of every product: whole panels.
  public func outputs(of member: LaneTeam.Member) -> Range<Int> {
    let share = member.share(of: (outputs + panelWidth - 1) / panelWidth)
    return share.lowerBound * panelWidth..<min(share.upperBound * panelWidth, outputs)
  }

  /// Has a member's first panels brought near while it waits for others or does
  /// something else, so that memory is not idle meanwhile.
  public func prefetch(part: LaneTeam.Member) {
    let outputs = outputs(of: part)
    let bytes = roundUp(outputs.count, to: panelWidth) * depth * MemoryLayout<Float>.stride
    solon_prefetch(panels + outputs.lowerBound * depth, min(bytes, 256 << 10))
  }
}

/// y = x Wᵀ, or that plus `addend`, which may be `y` itself. `y`, `addend`: `[R,
/// O]`, `x`: `[R, I]`. Each row of `y` depends, to the
/// last bit, only on its row of `x` and on the weights: not on the other rows, on
/// how many they are, nor on its place among them. `part`: whose outputs are
/// computed. `ahead`: what to bring near meanwhile.
public func matmul(
  _ y: FloatPointer, _ x: ProductRows, _ w: PackedMatrix, adding addend: ConstFloatPointer? = nil,
  part: LaneTeam.Member = .alone, ahead: ReadAhead? = nil
) {
  let outputs = w.outputs(of: part)
  matmul(
    y + outputs.lowerBound, rowStride: w.outputs, x, w, outputs: outputs,
    adding: addend.map { $0 + outputs.lowerBound }, ahead: ahead)
}

/// The same of some outputs alone, the first of which begins a panel: a multiple of
/// 32. `y`, `addend`: `[R, outputs.count]`, rows `rowStride` apart.
public func matmul(
  _ y: FloatPointer, rowStride: Int, _ x: ProductRows, _ w: PackedMatrix, outputs: Range<Int>,
  adding addend: ConstFloatPointer? = nil, ahead: ReadAhead? = nil
) {
  precondition(
    x.width == w.inputs && x.precision == w.precision,
    "\(x.precision) rows of \(x.width) by a \(w.precision) matrix of \(w.inputs) inputs")
  precondition(
    outputs.lowerBound % panelWidth == 0 && outputs.upperBound <= w.outputs,
    "outputs \(outputs) of \(w.outputs) begin inside a panel or are not there")
  guard x.rows > 0, !outputs.isEmpty else { return }
  let panels = w.panels + outputs.lowerBound * w.depth
  KernelMeter.count(.matmul) {
    switch w.precision {
    case .float32:
      solon_product_float32(
        y, rowStride, x.operand, panels, w.depth * panelWidth, x.rows, w.depth, outputs.count,
        addend, ahead?.walk)
    case .bfloat16:
      solon_product_bfloat16(
        y, rowStride, x.operand, pairs(panels), w.depth * panelWidth, x.rows, w.depth,
        outputs.count,
        addend, ahead?.walk)
    }
  }
}
