import Foundation
import Kernels
import Testing
import Transformer

@testable import Training

@Suite struct OptimizerTests {
  @Test func scheduleWarmsUpAndFalls() {
    var options = OptimizerOptions(
      learningRate: 2, schedule: .cosine(floor: 0.1), warmupSteps: 4)
    #expect((0..<4).map { options.learningRate(step: $0, of: 14) } == [0.5, 1, 1.5, 2])
    #expect(options.learningRate(step: 4, of: 14) == 2)
    let middle = options.learningRate(step: 9, of: 14)
    #expect(abs(middle - 2 * (0.1 + 0.9 * 0.5)) < 1e-12)
    #expect(abs(options.learningRate(step: 14, of: 14) - 0.2) < 1e-12)
    options.schedule = .constant
    #expect(options.learningRate(step: 13, of: 14) == 2)
  }

  /// AdamW by its definition, in double precision, on the same gradient.
  @Test func updateMatchesDefinition() throws {
    let model = randomModel(tinyConfiguration(), head: .scalar)
    let before = model.parameterValues.map(Double.init)
    let options = OptimizerOptions(learningRate: 0.01, weightDecay: 0.3, clipNorm: 0.5)
    let trainer = LaneTrainer(
      model, arena: LaneArena(model, lanes: 3), options: options,
      state: OptimizerState(for: model))
    var expected = before
    var m = before.map { _ in 0.0 }
    var v = m
    for step in 1...3 {
      var sum = before.map { _ in 0.0 }
      for (lane, gradient) in trainer.gradients.enumerated() {
        for index in 0..<gradient.count {
          gradient[index] = Float(sin(Double(index * (lane + 1) + step))) * 0.1
          sum[index] += Double(gradient[index])
        }
      }
      let norm = try trainer.reduce()
      let expectedNorm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm / expectedNorm - 1) < 1e-6)
      try trainer.update(learningRate: 0.01, norm: norm)
      let scale = 0.5 / expectedNorm
      for tensor in model.layout.tensors {
        let decays = tensor.shape.count > 1 && tensor.name != "score.weight"
        for i in tensor.range {
          let g = sum[i] * scale
          m[i] = 0.9 * m[i] + 0.1 * g
          v[i] = 0.95 * v[i] + 0.05 * g * g
          let rate = m[i] / (1 - pow(0.9, Double(step)))
            / ((v[i] / (1 - pow(0.95, Double(step)))).squareRoot() + 1e-8)
          expected[i] -= 0.01 * ((decays ? 0.3 * expected[i] : 0) + rate)
        }
      }
    }
    let error = zip(model.parameterValues, expected).map { abs(Double($0) - $1) }.max()!
    #expect(error < 2e-5)
  }

  @Test func optionsOutOfRangeAreNamed() {
    #expect(throws: TrainingError.self) { try OptimizerOptions(beta1: 1).check() }
    #expect(throws: TrainingError.self) { try OptimizerOptions(learningRate: .nan).check() }
    #expect(throws: TrainingError.self) {
      try OptimizerOptions(schedule: .cosine(floor: 2)).check()
    }
  }
}

@Suite struct WorkPlanTests {
  @Test(arguments: [1, 2, 3], [40, 100, 1000])
  func everyUnitOnceAndChunksFit(lanes: Int, chunkRows: Int) {
    let rows = randomTokens(57, vocabulary: 60, seed: 3).map { Int($0) + 1 }
    let plan = WorkPlan(rows: rows, lanes: lanes, chunkRows: chunkRows)
    #expect(plan.lanes.joined().joined().sorted() == Array(rows.indices))
    for chunk in plan.lanes.joined() {
      #expect(chunk.count == 1 || chunk.reduce(0) { $0 + rows[$1] } <= chunkRows)
      #expect(chunk == chunk.sorted())
    }
    let loads = plan.lanes.map { $0.joined().reduce(0) { $0 + rows[$1] } }
    #expect(loads.max()! - loads.min()! <= rows.max()!)
    #expect(plan == WorkPlan(rows: rows, lanes: lanes, chunkRows: chunkRows))
  }
}
