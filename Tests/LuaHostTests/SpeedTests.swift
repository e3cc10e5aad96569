import LuaHost
import Testing

@Suite struct SpeedTests {
  /// A callback with a small table as its argument and a number as its result,
  /// limits and watchdog on. The floor is far below what an idle core reaches, so that a
  /// busy machine does not fail the suite; the rate is printed.
  @Test func callbacksAreFast() throws {
    let project = try Project()
    let machine = try project.machine(watchdog: .shared)
    let reward = try project.run(
      machine,
      """
      return function(r)
        return r.score - 0.002 * math.max(0, r.length - 128)
      end
      """
    ).functionValue!
    let argument: LuaValue = [
      "kl": 0.5, "length": 140, "score": 1.5, "source": "harmless",
    ]
    let count = 200_000
    var sum = 0.0
    let rate = try perSecond(count) {
      for _ in 0..<count {
        sum += try machine.call(reward, [argument]).doubleValue!
      }
    }
    #expect(abs(sum - Double(count) * 1.476) < 1e-3)
    print("callbacks per second: \(rate)")
    #expect(rate > 10_000)
  }

  /// A method of a host object called from a loop, and the object made anew in
  /// every call.
  @Test func hostMethodsAreFast() throws {
    final class Counter { var value: Int64 = 0 }
    let spec = ObjectSpec(
      name: "counter", summary: "Counts.",
      methods: [
        FunctionSpec(name: "add", parameters: [Parameter("by", .number)]) {
          context in
          let counter = context.receiver(as: Counter.self)
          counter.value += 1
          return .number(context.number(0))
        }
      ])
    let project = try Project()
    let machine = try project.machine(objectTypes: [spec])
    let sum = try project.run(
      machine,
      """
      return function(ctx)
        local sum = 0
        for i = 1, 20 do sum = sum + ctx.counter:add(i) end
        return sum
      end
      """
    ).functionValue!
    let counter = Counter()
    let count = 10_000
    let rate = try perSecond(20 * count) {
      for _ in 0..<count {
        let object = LuaValue.object(LuaObject("counter", state: counter))
        let result = try machine.call(sum, [["counter": object]])
        #expect(result == 210.0)
      }
    }
    #expect(counter.value == Int64(20 * count))
    print("host calls per second: \(rate)")
    #expect(rate > 10_000)
  }

  private func perSecond(_ count: Int, _ work: () throws -> Void) rethrows
    -> Int
  {
    let time = try ContinuousClock().measure(work)
    return Int(Double(count) / (time / .seconds(1)))
  }
}
