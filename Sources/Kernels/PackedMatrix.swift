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
  /// weights: `panelCount` numbers from `start` on. Matrices
  /// that are read one after the other belong into one block of memory, whose
  /// pages are large.
  public init(
    inputs: Int, outputs: Int, precision: Precision, transposing: Bool = false,
    at start: FloatPointer, of memory: FloatBuffer
  ) {
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
      packColumns(
        target, block: depth * panelWidth, w, stride: outputs, rows: inputs, width: outputs,
        precision)
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
