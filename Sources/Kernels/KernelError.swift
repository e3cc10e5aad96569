/// What stops the kernels from running on this machine. One line: what failed,
/// where, and what to do next.
public struct KernelError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
