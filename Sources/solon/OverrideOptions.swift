import ArgumentParser
import Constitution

/// Settings changed on the command line, without touching a file.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Override a setting, such as stages.ppo.iterations=5.", valueName: "path=value"))
  var set: [String] = []

  func validate() throws {
    for text in set where Override(text) == nil {
      throw ValidationError(
        "--set \(text): expected path=value, such as stages.ppo.iterations=5")
    }
  }

  /// In the order given; valid after parsing.
  var overrides: [Override] { self.set.compactMap(Override.init) }
}
