import Constitution
import Foundation
import Inference
import KeyedRandom
import RunStore
import Transformer

/// What every stage of one run shares.
final class StageContext {
  let experiment: Experiment
  let hooks: ScriptHooks
  /// Where the run's rows go.
  let store: RunStore
  /// Where answers and trained models are remembered; another store than the
  /// rows' only for a plan.
  let memo: RunStore
  /// Set when nothing is to be computed, only counted.
  let plan: PlanTally?
  let run: RunRecord
  let conversation: Conversation
  let observer: any RunObserver
  /// Threads' worth of work a training step is split into; recorded, because
  /// sums are taken lane by lane.
  let lanes: Int
  let cancellation: Cancellation?
  /// The figures of the stage that is running.
  var counter = StageCounter()

  init(
    experiment: Experiment, hooks: ScriptHooks, store: RunStore, memo: RunStore? = nil,
    plan: PlanTally? = nil, run: RunRecord, conversation: Conversation,
    observer: any RunObserver, lanes: Int, cancellation: Cancellation? = nil
  ) {
    self.experiment = experiment
    self.hooks = hooks
    self.store = store
    self.memo = memo ?? store
    self.plan = plan
    self.run = run
    self.conversation = conversation
    self.observer = observer
    self.lanes = lanes
    self.cancellation = cancellation
  }

  var settings: StageSettings { experiment.stages }

  var questions: Questions { Questions(conversation: conversation, hooks: hooks) }

  /// An engine that remembers, for one of the run's models.
  func engine(_ checkpoint: Checkpoint) -> MemoisedEngine {
    MemoisedEngine(
      LocalEngine(checkpoint, cancellation: cancellation), store: memo, plan: plan)
  }

  func key(_ stage: String, _ item: String, _ draw: Int = 0) -> RandomKey {
    RandomKey(seed: experiment.seed, stage: stage, item: item, draw: UInt64(draw))
  }

  func request(
    _ prompt: [Int32], shared: Int = 0, temperature: Double, limit: Int, key: RandomKey
  ) -> GenerationRequest {
    GenerationRequest(
      prompt: prompt, sharedPrefixLength: shared,
      sampling: Sampling(temperature: Float(temperature)), key: key,
      maximumNewTokens: limit, stopTokens: [conversation.endOfTurn], stopStrings: [])
  }

  /// Throws when the run has been cancelled; asked after every training step.
  func checkCancellation() throws {
    if cancellation?.isCancelled == true { throw Cancelled() }
  }

  /// Passes engine progress on to the observer, as `what`.
  func progress(_ what: String) -> (Int, Int, String) -> Void {
    { done, total, rate in
      self.observer.stageProgressed(done: done, total: total, detail: "\(what), \(rate)")
    }
  }

  /// Samples `draws` answers to every prompt with the given engine.
  ///
  /// - Parameter question: how a prompt is put to the model; as a user's turn when
  ///   nil.
  func respond(
    to prompts: [Prompt], draws: Int, engine: MemoisedEngine, stage: String,
    temperature: Double, limit: Int, prompt question: ((Prompt) throws -> [Int32])? = nil
  ) throws -> [Response] {
    let wanted = prompts.flatMap { prompt in (0..<draws).map { (prompt, $0) } }
    let requests = try wanted.map { prompt, draw in
      request(
        try question?(prompt) ?? conversation.prompt(prompt.text), temperature: temperature,
        limit: limit,
        key: key(stage, prompt.id, draw))
    }
    let generations = try engine.generate(requests, progress: progress("answers"))
    return zip(wanted, generations).map { wanted, generation in
      Response(
        prompt: wanted.0, draw: wanted.1, generation: generation,
        conversation: conversation)
    }
  }

  /// Records answers as samples of this run.
  ///
  /// - Parameter judgements: what the evaluator said of each; nil when it was not
  ///   asked.
  func record(
    _ responses: [Response], stage: String, system: String?, set: PromptSet,
    judgements: [SampleJudgement]? = nil
  ) throws {
    try store.insert(
      responses.enumerated().map { index, response in
        SampleRecord(
          runId: run.id, stage: stage, system: system, promptId: response.prompt.id,
          promptText: response.prompt.text, promptSet: set, category: response.prompt.category,
          draw: response.draw, kind: .response, text: response.text,
          tokenCount: response.tokenCount, finish: response.ended ? "end" : "length",
          detail: try judgements?[index].json())
      })
  }
}
