import Testing
import Transformer

@testable import Benchmarks

@Suite struct OperationCountTests {
  /// The published counts of these shapes.
  @Test func shapesHaveTheirSizes() {
    #expect(
      ParameterLayout(BenchmarkModel.micro.configuration, head: .languageModel).count == 5_344_512)
    #expect(
      ParameterLayout(BenchmarkModel.smol.configuration, head: .languageModel).count == 134_515_008)
  }

  /// Against a walk over every product of every layer.
  @Test(arguments: BenchmarkModel.allCases)
  func forwardCountsEveryProduct(model: BenchmarkModel) {
    let c = model.configuration
    let positions = 5..<12
    var expected = 0
    for position in positions {
      for _ in 0..<c.layerCount {
        let projections = [
          (c.hiddenSize, c.headCount * c.headDimension),
          (c.hiddenSize, c.keyValueHeadCount * c.headDimension),
          (c.hiddenSize, c.keyValueHeadCount * c.headDimension),
          (c.headCount * c.headDimension, c.hiddenSize),
          (c.hiddenSize, c.intermediateSize), (c.hiddenSize, c.intermediateSize),
          (c.intermediateSize, c.hiddenSize),
        ]
        expected += projections.reduce(0) { $0 + 2 * $1.0 * $1.1 }
        for _ in 0..<c.headCount {
          for _ in 0...position { expected += 2 * 2 * c.headDimension }
        }
      }
    }
    expected += 3 * 2 * c.hiddenSize * c.vocabularySize
    let count = OperationCount(configuration: c)
    #expect(count.forward(positions, headRows: 3) == Double(expected))
    #expect(count.training(positions, headRows: 3) == 3 * Double(expected))
  }

  @Test func medianIsTheMiddle() {
    #expect(median([3]) == 3)
    #expect(median([9, 1, 4]) == 4)
    #expect(median([8, 1, 4, 2]) == 3)
  }
}
