/// A command that cannot be carried out, in one line with what to do instead.
struct ReplError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  static let notText = ReplError("a line of the input is not UTF-8 and was not run")
}
