import Stages

/// Hears nothing, for runs that print what they found themselves.
final class SilentObserver: RunObserver {
  func stageBegan(_ name: String, index: Int, of count: Int) {}
  func stageProgressed(done: Int, total: Int, detail: String) {}
  func stageEnded(_ name: String, summary: String, seconds: Double) {}
  func note(_ text: String) {}
}
