internal import CKernels

/// out[r, :] = table[tokens[r], :]. `out`: `[R, width]`; `tokens`: `[R]`;
/// `table`: `[V, width]`. The caller has checked the tokens against V.
public func embed(
  _ out: FloatPointer, _ tokens: UnsafePointer<Int32>, _ table: ConstFloatPointer,
  rows: Int, width: Int
) {
  // The rows are scattered over the table: the processor cannot foresee them.
  let ahead = 4
  for r in 0..<rows {
    if r + ahead < rows {
      solon_prefetch(
        table + Int(tokens[r + ahead]) * width, width * MemoryLayout<Float>.stride)
    }
    (out + r * width).update(from: table + Int(tokens[r]) * width, count: width)
  }
}

/// dtable[tokens[r], :] += dout[r, :], rows in order. Shapes as in `embed`.
public func embedBackward(
  _ dtable: FloatPointer, _ dout: ConstFloatPointer, _ tokens: UnsafePointer<Int32>,
  rows: Int, width: Int
) {
  for r in 0..<rows {
    addInto(dtable + Int(tokens[r]) * width, dout + r * width, count: width)
  }
}
