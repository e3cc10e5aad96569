public import Constitution
public import Foundation
public import Inference
public import LuaHost
public import RunStore
public import Stages

/// What a session can call beyond a script's functions: models, immediate
/// critiques, revisions and comparisons, runs, and the record.
///
/// Confined to the thread of the session's machine.
public final class SessionLibrary {
  let root: URL
  let runsDirectory: URL
  let cancellation: Cancellation
  /// Makes the record of a run that is about to begin: experiment, overrides as
  /// `--set` is given them, `--limit`.
  let describe: (Experiment, [String], Int?) -> RunRecord
  let observer: any RunObserver
  /// Columns for texts.
  let width: () -> Int
  private var openStore: RunStore?

  /// - Parameters:
  ///   - root: the project's root; model directories are found from here.
  ///   - runsDirectory: the record, opened when it is first needed.
  ///   - cancellation: ends model calls and training that are under way.
  ///   - describe: makes the record of a run that is about to begin.
  public init(
    root: URL, runsDirectory: URL, cancellation: Cancellation, observer: any RunObserver,
    width: @escaping () -> Int, describe: @escaping (Experiment, [String], Int?) -> RunRecord
  ) {
    self.root = root
    self.runsDirectory = runsDirectory
    self.cancellation = cancellation
    self.observer = observer
    self.width = width
    self.describe = describe
  }

  /// The record; made when there is none, because answers are remembered there.
  func store() throws -> RunStore {
    if let openStore { return openStore }
    let store = try RunStore(directory: runsDirectory)
    openStore = store
    return store
  }

  /// As the reference arranges them. A library that is only described, not
  /// called, may have any root.
  public var sections: [ScriptReference.Section] {
    [
      .init(
        "Models (in a session)",
        "Immediate calls, in `solon repl` only. Answers are remembered in the record: asking the "
          + "same again is free.",
        functions: [model, preferenceModel, critique, revise, compare, chain],
        objects: [modelObject, preferenceModelObject]),
      .init(
        "Runs (in a session)", "Start runs and look into those on record, in `solon repl` only.",
        functions: [run, slice, runs, open], objects: [runObject]),
    ]
  }

  public var functions: [FunctionSpec] { sections.flatMap(\.functions) }
  public var objects: [ObjectSpec] { sections.flatMap(\.objects) }

  /// Runs the body of a host function; what it throws becomes an error of the
  /// function at its caller's line.
  func attempt<Value>(
    _ context: CallContext, _ body: () throws -> Value
  ) throws(ScriptError) -> Value {
    do {
      return try body()
    } catch let error as ScriptError {
      throw error
    } catch is Cancelled {
      throw context.error("was interrupted", reason: .interrupted)
    } catch {
      throw context.error("\(error)")
    }
  }

  /// The constitution given as argument `index`, and its functions.
  func hooks(_ context: CallContext, _ index: Int) throws(ScriptError) -> ScriptHooks {
    ScriptHooks(vm: context.machine, constitution: try Constitution(context.table(index)))
  }

  /// The principle with that id, or an error with the nearest one.
  func principle<Principle>(
    _ id: String, among principles: [Principle], id name: (Principle) -> String,
    _ context: CallContext
  ) throws(ScriptError) -> Principle {
    if let found = principles.first(where: { name($0) == id }) { return found }
    let near = suggestion(for: id, among: principles.map(name))
    throw context.error(
      "no principle has the id '\(id)'"
        + (near.map { " (did you mean '\($0)'?)" }
          ?? "; there are \(principles.map(name).joined(separator: ", "))"))
  }
}
