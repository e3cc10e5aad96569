import LuaHost
import Testing

@Suite struct SpeedTests {
  /// A callback with a small table as its argument and a number as its result,
  /// limits on. The floor is far below what an idle core reaches, so that a
  /// busy machine does not fail the suite; the rate is printed.
  @Test func callbacksAreFast() throws {
    let project = try Project()
    let machine = try project.machine()
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
    let clock = ContinuousClock()
    let time = try clock.measure {
      for _ in 0..<count {
        sum += try machine.call(reward, [argument]).doubleValue!
      }
    }
    #expect(abs(sum - Double(count) * 1.476) < 1e-3)
    let seconds = Double(time.components.attoseconds) / 1e18
      + Double(time.components.seconds)
    print("callbacks per second: \(Int(Double(count) / seconds))")
    #expect(Double(count) / seconds > 50_000)
  }
}
