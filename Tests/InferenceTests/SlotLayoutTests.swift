import Kernels
import Testing
import Transformer

@testable import Inference

@Suite struct SlotLayoutTests {
  /// Keys and values of 64 positions take 2 layers x 2 x 2 heads x 32 numbers x 64
  /// positions of 4 bytes: 64 KiB; half of it in bfloat16.
  private func makeModel(_ precision: Precision) -> Model {
    Model(
      configuration: ModelConfiguration(
        vocabularySize: 300, hiddenSize: 128, intermediateSize: 256, layerCount: 2,
        headCount: 4, keyValueHeadCount: 2, headDimension: 32, maximumPositions: 256),
      precision: precision)
  }

  /// Slots for `count` requests of 64 tokens in two lanes, where the processor's cache
  /// has room for the weights and `kilobytes` more.
  private func slots(
    _ count: Int, _ kilobytes: Int?, _ precision: Precision = .float32,
    options: LocalEngine.Options = .init(lanes: 2), rereads: Bool = true
  ) -> Int {
    let model = makeModel(precision)
    let weights = model.layout.count * precision.byteCount
    return SlotLayout(
      lengths: Array(repeating: 64, count: count), model: model, options: options,
      rereads: rereads, processorCache: kilobytes.map { weights + $0 << 10 }
    ).slots
  }

  @Test func aboutAsManyAreTakenAsFitTheProcessorsCache() {
    // Room for 8 in each lane.
    #expect(slots(64, 1024) == 8)
    #expect(slots(64, 512, .bfloat16) == 8)
    // 18 in each lane: 9 and 9 rather than 8, 8 and 2.
    #expect(slots(36, 1024) == 9)
    // Too few for that.
    #expect(slots(22, 1024) == 11)
    #expect(slots(3, 1024) == 2)
  }

  @Test func noFewerThanSixAreTaken() {
    // Room for 6 in each lane, which has 32, 15, 10 or 9.
    #expect(slots(64, 768) == 7)
    #expect(slots(30, 768) == 8)
    #expect(slots(20, 768) == 10)
    #expect(slots(18, 768) == 9)
  }

  @Test func stepsFeedMoreTokensWhereWeightsAreReadFromMemory() {
    let model = makeModel(.float32)
    let weights = model.layout.count * 4
    func layout(
      _ processorCache: Int?, rereads: Bool = true, options: LocalEngine.Options = .init(lanes: 2)
    ) -> SlotLayout {
      SlotLayout(
        lengths: Array(repeating: 64, count: 64), model: model, options: options,
        rereads: rereads, processorCache: processorCache)
    }
    for rereads in [false, true] {
      #expect(layout(weights, rereads: rereads).rowsPerStep == 96)
      #expect(layout(weights - 1, rereads: rereads).rowsPerStep == 384)
      #expect(layout(nil, rereads: rereads).rowsPerStep == 384)
      // Logits take memory for every row that reads them.
      #expect(layout(nil, rereads: rereads).readingsPerStep == 96)
    }
    let asked = layout(nil, options: .init(lanes: 2, rowsPerStep: 7))
    #expect(asked.rowsPerStep == 7)
    #expect(asked.readingsPerStep == 7)
  }

  @Test func requestsOfOneCallTakeTheirAverage() {
    let model = makeModel(.float32)
    let weights = model.layout.count * 4
    let layout = SlotLayout(
      lengths: (0..<64).map { $0 % 2 == 0 ? 32 : 96 }, model: model, options: .init(lanes: 2),
      rereads: true, processorCache: weights + 1 << 20)
    #expect(layout.slots == 8)
    #expect(layout.capacity == 128)
  }

  @Test func otherLimitsHoldWhereTheCacheDoesNotHelp() {
    // Room for 5 only; none even for the weights; not known; nothing is read again.
    #expect(slots(64, 640) == 32)
    #expect(slots(64, -100) == 32)
    #expect(slots(64, nil) == 32)
    #expect(slots(64, 1024, rereads: false) == 32)
    #expect(slots(400, 640) == 48)
    #expect(slots(64, 1024, options: .init(lanes: 2, slotsPerLane: 3)) == 3)
    #expect(slots(64, 1024, options: .init(lanes: 2, cacheBytesPerLane: 5 << 16)) == 5)
    #expect(slots(64, 1024, options: .init(lanes: 2, cacheBytesPerLane: 1)) == 1)
  }

  @Test func slotsHoldTheLongestRequest() {
    func capacity(_ lengths: [Int]) -> Int {
      SlotLayout(
        lengths: lengths, model: makeModel(.float32), options: .init(lanes: 2),
        rereads: true, processorCache: nil
      ).capacity
    }
    #expect(capacity([3, 65, 10]) == 128)
    #expect(capacity([64]) == 64)
    #expect(capacity([250]) == 256)
  }
}
