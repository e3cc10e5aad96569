import Kernels

/// Whether a lane is faster with its helpers, found out by the clock. Members of
/// a team wait for each other many times in a step, so that another program on
/// one of their cores holds all of them up, and a small step then takes several
/// times as long as alone. So now and then steps of equal size are done in both
/// ways, and those that follow in the faster.
struct HelpTrial {
  /// Steps of each way in a trial, and steps from one trial to the next.
  private static let samples = 2
  private static let period = 64

  private var rows = 0
  private var step = 0
  private var together = Duration.zero
  private var alone = Duration.zero

  /// Runs a step of so many rows with the team, or on this thread alone.
  mutating func run(
    _ team: LaneTeam, rows: Int, _ body: @Sendable (LaneTeam.Member) -> Void
  ) {
    guard team.count > 1 else { return body(.alone) }
    let helped = isHelped(rows: rows)
    let start = ContinuousClock.now
    if helped { team.run(body) } else { body(.alone) }
    took(ContinuousClock.now - start)
  }

  /// Whether the next step, of so many rows, is to be shared. Steps of changing
  /// sizes, which cannot be compared, always are.
  mutating func isHelped(rows: Int) -> Bool {
    if rows != self.rows || step == Self.period { (self.rows, step) = (rows, 0) }
    switch step {
    case ..<Self.samples: return true
    case ..<(2 * Self.samples): return false
    default: return together < alone
    }
  }

  /// Takes the time of the step that `isHelped` was asked about.
  mutating func took(_ duration: Duration) {
    switch step {
    case 0: (together, alone) = (duration, .zero)
    case ..<Self.samples: together += duration
    case ..<(2 * Self.samples): alone += duration
    default: break
    }
    step += 1
  }
}
