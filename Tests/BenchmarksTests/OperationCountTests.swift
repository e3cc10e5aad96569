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

  /// Against a walk over every product of every layer: after the last keys and values
  /// only what is read is of use.
  @Test(arguments: BenchmarkModel.allCases, [0, 3, 7])
  func forwardCountsEveryProduct(model: BenchmarkModel, read: Int) {
    let c = model.configuration
    let positions = 5..<12
    var expected = 0
    for position in positions {
      for layer in 0..<c.layerCount {
        for _ in 0..<2 { expected += 2 * c.hiddenSize * c.keyValueHeadCount * c.headDimension }
        guard layer + 1 < c.layerCount || position >= positions.upperBound - read else {
          continue
        }
        let projections = [
          (c.hiddenSize, c.headCount * c.headDimension),
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
    let count = OperationCount(configuration: c)
    #expect(count.forward(positions, read: read, head: .scalar) == Double(expected))
    expected += read * 2 * c.hiddenSize * c.vocabularySize
    #expect(count.forward(positions, read: read) == Double(expected))
    #expect(count.training(positions, read: read) == 3 * Double(expected))
  }

  @Test func medianIsTheMiddle() {
    #expect(median([3]) == 3)
    #expect(median([9, 1, 4]) == 4)
    #expect(median([8, 1, 4, 2]) == 3)
  }
}
